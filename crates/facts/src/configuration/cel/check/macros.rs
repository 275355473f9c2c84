//! Macros, checked as what they stand for.

use super::{
    super::{
        kind::Type,
        syntax::{Expression, Stop},
    },
    Typed, Types, fault,
};

impl Types<'_> {
    /// What a macro gives; `None` where the call is of a function.
    pub(super) fn expanded(
        &mut self,
        target: &Expression,
        name: &str,
        arguments: &[Expression],
    ) -> Result<Option<Type>, Stop> {
        let two = self.environment.minor >= 32;
        let names = match (name, arguments.len()) {
            ("all" | "exists" | "exists_one" | "filter", 2) | ("map", 2 | 3) => 1,
            ("optMap" | "optFlatMap", 2) => 1,
            ("sortBy", 2) if self.environment.minor >= 34 => 1,
            ("all" | "exists" | "exists_one" | "existsOne", 3) if two => 2,
            ("transformList" | "transformMap" | "transformMapEntry", 3 | 4) if two => 2,
            _ => return Ok(None),
        };
        let mut bound = Vec::with_capacity(names);
        for argument in arguments.iter().take(names) {
            match argument {
                Expression::Name(bound_name) if !bound.contains(bound_name) => bound.push(bound_name.clone()),
                _ => return fault(format!("`{name}` binds names, and something else stands in the place of one")),
            }
        }
        let body = arguments.get(names..).unwrap_or_default();
        let range = self.of(target)?;
        if matches!(name, "optMap" | "optFlatMap") {
            return self.of_optional(range, name, bound, body).map(Some);
        }
        if name == "sortBy" {
            let sortable = matches!(
                target,
                Expression::List(_)
                    | Expression::Field(..)
                    | Expression::MaybeField(..)
                    | Expression::Name(_)
                    | Expression::Call { .. }
                    | Expression::Index(..)
                    | Expression::MaybeIndex(..)
                    | Expression::Choice(..)
                    | Expression::Binary(..)
                    | Expression::Chain(..)
                    | Expression::Not(_)
                    | Expression::Negative(_)
            );
            if !sortable {
                return fault("`sortBy` goes through a list");
            }
        }
        let range = self.resolved(&range, false)?;
        let (item, value) = match (&range, names) {
            (Type::List(item), 1) => ((**item).clone(), Type::Dyn),
            (Type::List(item), _) => (Type::Int, (**item).clone()),
            (Type::Map(key, value), _) => ((**key).clone(), (**value).clone()),
            // A claim is no list as long as nobody says so.
            (kind @ (Type::Dyn | Type::Param(_)), _) => {
                self.goes(&Type::Dyn, kind)?;
                (Type::Dyn, Type::Dyn)
            }
            (kind, _) => return fault(format!("`{name}` goes through a list or a map, and this is {}", kind.shown())),
        };
        let count = self.names.len();
        self.names.extend(bound.into_iter().zip([item.clone(), value]));
        let made = self.body(name, &item, body);
        self.names.truncate(count);
        let made = made?;
        Ok(Some(match name {
            "sortBy" => {
                let keys = Type::list(made);
                self.call("@sortByAssociatedKeys", true, vec![range, keys])?
            }
            _ => made,
        }))
    }

    /// What goes on for each item.
    fn body(&mut self, name: &str, item: &Type, body: &[Expression]) -> Typed {
        let (filter, last) = match body {
            [last] => (None, last),
            [filter, last] => (Some(filter), last),
            _ => return Err(Stop::TooDeep),
        };
        if let Some(filter) = filter {
            self.boolean(filter)?;
        }
        Ok(match name {
            "all" | "exists" | "exists_one" | "existsOne" => {
                self.boolean(last)?;
                Type::Bool
            }
            "filter" => {
                self.boolean(last)?;
                Type::list(item.clone())
            }
            "transformMap" => Type::map(item.clone(), self.of(last)?),
            "transformMapEntry" => {
                let entry = self.of(last)?;
                let (key, value) = (self.open(), self.open());
                let map = Type::map(key, value);
                if !self.goes(&entry, &map)? {
                    return fault(format!("`transformMapEntry` makes maps, and this is {}", entry.shown()));
                }
                map
            }
            "sortBy" => self.of(last)?,
            _ => Type::list(self.of(last)?),
        })
    }

    fn of_optional(&mut self, target: Type, name: &str, bound: Vec<String>, body: &[Expression]) -> Typed {
        self.call("hasValue", true, vec![target.clone()])?;
        let value = self.call("value", true, vec![target])?;
        let count = self.names.len();
        self.names.extend(bound.into_iter().zip([value]));
        let made = body.first().map_or(Err(Stop::TooDeep), |body| self.of(body));
        self.names.truncate(count);
        let made = if name == "optMap" { Type::optional(made?) } else { made? };
        let none = Type::optional(self.open());
        self.call("_?_:_", false, vec![Type::Bool, made, none])
    }
}
