//! What type an expression is of, and why it is of none.
//!
//! The rules are those of the server's own checker (cel-go checker/checker.go and types.go, 0.17 to 0.26): what a function
//! takes is told by its overloads, a type that is not known yet is found by unification, and dyn goes with everything.
//! Macros are checked as what they stand for (parser/macro.go, ext/comprehensions.go, cel/library.go).

mod macros;
mod unify;

use std::collections::BTreeSet;

use super::{
    Environment, Variable,
    functions::{Overload, overloads},
    kind::{Literal, Shape, Type},
    syntax::{Expression, Stop},
    validate,
};

type Typed = Result<Type, Stop>;

/// Work that one expression may make; a type can name others that often that telling two apart takes for ever.
const BUDGET: usize = 400_000;

/// Steps within steps.
const DEEPEST: usize = 200;

fn fault<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Fault(message.into()))
}

/// Tells the types of one expression, and gathers the fields that it names.
pub(super) struct Types<'f> {
    environment: Environment,
    names: Vec<(String, Type)>,
    /// What each open type was found to be.
    found: Vec<Option<Type>>,
    /// What was found since, with what stood there before, so that it can be taken back.
    trail: Vec<(usize, Option<Type>)>,
    left: usize,
    depth: usize,
    /// Types of the items of lists and of the keys and values of maps, each of which have to be one in the end.
    alike: Vec<Vec<Type>>,
    /// Calls of `format` around what is looked at, in which items may differ.
    formats: usize,
    /// Calls of `format` with a literal text and a literal list.
    formatted: Vec<(String, Vec<Written>)>,
    fields: &'f mut BTreeSet<String>,
}

/// An argument of `format`.
pub(super) struct Written {
    pub(super) kind: Type,
    pub(super) inner: Vec<Written>,
}

impl<'f> Types<'f> {
    pub(super) fn new(environment: Environment, fields: &'f mut BTreeSet<String>) -> Self {
        Self {
            environment,
            names: Vec::new(),
            found: Vec::new(),
            trail: Vec::new(),
            left: BUDGET,
            depth: 0,
            alike: Vec::new(),
            formats: 0,
            formatted: Vec::new(),
            fields,
        }
    }

    /// The type of a whole expression.
    pub(super) fn whole(&mut self, expression: &Expression) -> Typed {
        let kind = self.of(expression)?;
        for group in std::mem::take(&mut self.alike) {
            let mut kinds = group.into_iter();
            let Some(first) = kinds.next() else { continue };
            let first = self.settled(&first)?;
            for kind in kinds {
                let kind = self.settled(&kind)?;
                if kind != first {
                    return fault(format!("{} stands beside {} in one list or map", kind.shown(), first.shown()));
                }
            }
        }
        for (text, mut arguments) in std::mem::take(&mut self.formatted) {
            arguments.iter_mut().try_for_each(|argument| self.settle(argument))?;
            if let Some(why) = validate::formatted(&text, &arguments) {
                return fault(why);
            }
        }
        self.settled(&kind)
    }

    fn settle(&mut self, argument: &mut Written) -> Result<(), Stop> {
        argument.kind = self.settled(&argument.kind)?;
        argument.inner.iter_mut().try_for_each(|inner| self.settle(inner))
    }

    fn pay(&mut self) -> Result<(), Stop> {
        self.left = self.left.checked_sub(1).ok_or(Stop::TooDeep)?;
        if self.depth > DEEPEST { Err(Stop::TooDeep) } else { Ok(()) }
    }

    fn open(&mut self) -> Type {
        self.found.push(None);
        Type::Param(self.found.len() - 1)
    }

    fn of(&mut self, expression: &Expression) -> Typed {
        Ok(match expression {
            Expression::Literal(literal, _) => match literal {
                Literal::Bool => Type::Bool,
                Literal::Int => Type::Int,
                Literal::Uint => Type::Uint,
                Literal::Double => Type::Double,
                Literal::Text => Type::Text,
                Literal::Bytes => Type::Bytes,
                Literal::Null => Type::Null,
            },
            Expression::Name(name) => self.name(name)?,
            Expression::Field(inner, field) => match named_type(inner, field) {
                Some(kind) => kind,
                None => self.field(inner, field, false)?,
            },
            Expression::MaybeField(inner, field) => self.field(inner, field, true)?,
            Expression::Index(inner, index) => {
                let kinds = vec![self.of(inner)?, self.of(index)?];
                self.call("_[_]", false, kinds)?
            }
            Expression::MaybeIndex(inner, index) => {
                let kinds = vec![self.of(inner)?, self.of(index)?];
                self.call("_[?_]", false, kinds)?
            }
            Expression::List(items) => {
                let mut kinds = Vec::with_capacity(items.len());
                for (maybe, item) in items {
                    let kind = self.of(item)?;
                    kinds.push(self.item(*maybe, kind)?);
                }
                Type::list(self.joined(kinds)?)
            }
            Expression::Map(entries) => {
                let (mut keys, mut values) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
                for (maybe, key, value) in entries {
                    keys.push(self.of(key)?);
                    let kind = self.of(value)?;
                    values.push(self.item(*maybe, kind)?);
                }
                Type::map(self.joined(keys)?, self.joined(values)?)
            }
            Expression::Not(inner) => {
                let kind = self.of(inner)?;
                self.call("!", false, vec![kind])?
            }
            Expression::Negative(inner) => {
                let kind = self.of(inner)?;
                self.call("-_", false, vec![kind])?
            }
            Expression::Choice(condition, yes, no) => {
                let kinds = vec![self.of(condition)?, self.of(yes)?, self.of(no)?];
                self.call("_?_:_", false, kinds)?
            }
            Expression::Binary(sign, left, right) => {
                let kinds = vec![self.of(left)?, self.of(right)?];
                match *sign {
                    "in" => self.call("in", false, kinds)?,
                    sign => self.call(&format!("_{sign}_"), false, kinds)?,
                }
            }
            Expression::Chain(_, items) => {
                for item in items {
                    self.boolean(item)?;
                }
                Type::Bool
            }
            Expression::Call { target: None, name, arguments } => self.function(name, arguments)?,
            Expression::Call { target: Some(target), name, arguments } => {
                self.formats += usize::from(name == "format");
                let kind = self.method(target, name, arguments)?;
                self.formats -= usize::from(name == "format");
                kind
            }
        })
    }

    /// The type of an item; one that may be left out is given as an optional value.
    fn item(&mut self, maybe: bool, kind: Type) -> Typed {
        match kind {
            Type::Optional(inner) if maybe => Ok((*inner).clone()),
            kind if maybe && !kind.is_dyn() => fault("behind `?` an optional value is expected"),
            kind => Ok(kind),
        }
    }

    /// Literals hold values of one type (the option HomogeneousAggregateLiterals, and the validator of that name).
    fn joined(&mut self, kinds: Vec<Type>) -> Typed {
        let mut all: Option<Type> = None;
        for kind in &kinds {
            all = Some(match all {
                None => kind.clone(),
                Some(all) if self.goes(&all, kind)? => {
                    if all.is_as_general_as(kind) {
                        all
                    } else {
                        kind.clone()
                    }
                }
                // What is formatted may be of any types.
                Some(_) if self.formats > 0 => Type::Dyn,
                Some(all) => {
                    return fault(format!("{} stands beside {} in one list or map", kind.shown(), all.shown()));
                }
            });
        }
        if self.formats == 0 && kinds.len() > 1 {
            self.alike.push(kinds);
        }
        Ok(all.unwrap_or_else(|| self.open()))
    }

    fn field(&mut self, inner: &Expression, field: &str, maybe: bool) -> Typed {
        if matches!(inner, Expression::Name(name) if name == self.environment.variable.name()) {
            self.fields.insert(field.to_owned());
        }
        let kind = self.of(inner)?;
        let kind = self.resolved(&kind, false)?;
        let (kind, optional) = match kind {
            Type::Optional(inner) => ((*inner).clone(), true),
            kind => (kind, maybe),
        };
        let selected = match kind {
            Type::Map(_, value) => (*value).clone(),
            Type::Object(shape) => match shape.field(field, self.environment.selectors) {
                Some(kind) => kind,
                None => return fault(format!("there is no field `{field}`")),
            },
            Type::Param(_) => {
                self.goes(&Type::Dyn, &kind)?;
                Type::Dyn
            }
            kind if kind.is_dyn() => Type::Dyn,
            kind => return fault(format!("`{field}` is asked of {}, which has no fields", kind.shown())),
        };
        Ok(if optional { Type::optional(selected) } else { selected })
    }

    fn name(&self, name: &str) -> Typed {
        if let Some((_, kind)) = self.names.iter().rfind(|(known, _)| known == name) {
            return Ok(kind.clone());
        }
        let variable = self.environment.variable;
        if name == variable.name() {
            return Ok(match variable {
                Variable::Request => Type::Object(Shape::Request),
                Variable::Claims => Type::map(Type::Text, Type::Any),
                Variable::User => Type::Object(Shape::User),
            });
        }
        Ok(Type::kind(match name {
            "bool" => Type::Bool,
            "bytes" => Type::Bytes,
            "double" => Type::Double,
            "int" => Type::Int,
            "list" => Type::list(Type::Dyn),
            "map" => Type::map(Type::Dyn, Type::Dyn),
            "null_type" => Type::Null,
            "optional_type" => Type::optional(Type::Dyn),
            "string" => Type::Text,
            "type" => Type::kind(Type::Dyn),
            "uint" => Type::Uint,
            // Messages of the protocol buffers library are types, too, and not followed.
            "google" => return Err(Stop::TooDeep),
            _ => return fault(format!("there is no `{name}`; it can use `{}`", variable.name())),
        }))
    }

    fn boolean(&mut self, expression: &Expression) -> Result<(), Stop> {
        let kind = self.of(expression)?;
        if self.goes(&kind, &Type::Bool)? {
            return Ok(());
        }
        fault(format!("{} stands where only a boolean can", kind.shown()))
    }

    fn function(&mut self, name: &str, arguments: &[Expression]) -> Typed {
        if name == "has" && arguments.len() == 1 {
            let [Expression::Field(inner, field)] = arguments else { return fault("`has` wants one field") };
            self.field(inner, field, false)?;
            return Ok(Type::Bool);
        }
        let kinds = arguments.iter().map(|argument| self.of(argument)).collect::<Result<Vec<_>, _>>()?;
        self.call(name, false, kinds)
    }

    fn method(&mut self, target: &Expression, name: &str, arguments: &[Expression]) -> Typed {
        if let Some(kind) = self.expanded(target, name, arguments)? {
            return Ok(kind);
        }
        if name == "format"
            && let (Expression::Literal(Literal::Text, text), [Expression::List(items)]) = (target, arguments)
        {
            let items = items.iter().map(|(_, item)| self.written(item)).collect::<Result<Vec<_>, _>>()?;
            self.formatted.push((text.clone(), items));
        }
        let mut kinds = Vec::with_capacity(arguments.len() + 1);
        // A name with dots may be that of a function.
        let space = dotted(target).map(|space| format!("{space}.{name}")).filter(|name| !overloads(name).is_empty());
        if space.is_none() {
            kinds.push(self.of(target)?);
        }
        for argument in arguments {
            kinds.push(self.of(argument)?);
        }
        match space {
            Some(name) => self.call(&name, false, kinds),
            None => self.call(name, true, kinds),
        }
    }

    fn written(&mut self, item: &Expression) -> Result<Written, Stop> {
        let kind = self.of(item)?;
        let inner: Vec<&Expression> = match item {
            Expression::List(items) => items.iter().map(|(_, item)| item).collect(),
            Expression::Map(entries) => entries.iter().flat_map(|(_, key, value)| [key, value]).collect(),
            _ => Vec::new(),
        };
        let inner = inner.into_iter().map(|item| self.written(item)).collect::<Result<_, _>>()?;
        Ok(Written { kind, inner })
    }

    /// What a function gives that is called with arguments of these types.
    fn call(&mut self, name: &str, member: bool, kinds: Vec<Type>) -> Typed {
        let all = overloads(name);
        let there: Vec<&Overload> = all.iter().filter(|one| one.since <= self.environment.minor).collect();
        if there.is_empty() {
            return match all.iter().map(|one| one.since).min() {
                Some(since) => fault(format!("the function `{name}` came in 1.{since}")),
                None => fault(format!("there is no function `{name}`")),
            };
        }
        let mut result: Option<Type> = None;
        for one in there {
            if one.member != member || one.arguments.len() != kinds.len() {
                continue;
            }
            let (first, mark) = (self.found.len(), self.trail.len());
            self.found.resize(first + one.open, None);
            let mut takes = true;
            for (kind, wanted) in kinds.iter().zip(&one.arguments) {
                let wanted = renamed(wanted, first);
                if !self.goes(kind, &wanted)? {
                    takes = false;
                    break;
                }
            }
            if !takes {
                self.take_back(mark);
                self.found.truncate(first);
                continue;
            }
            let gives = self.resolved(&renamed(&one.result, first), false)?;
            result = Some(match result {
                None => gives,
                Some(known) if known.is_dyn() || known == gives => known,
                Some(_) => Type::Dyn,
            });
        }
        match result {
            Some(kind) => Ok(kind),
            None => {
                let mut given = Vec::with_capacity(kinds.len());
                for kind in &kinds {
                    given.push(self.settled(kind)?.shown());
                }
                let given = if given.is_empty() { "nothing".to_owned() } else { given.join(", ") };
                fault(match name.trim_matches('_') {
                    "[" | "[_]" | "[?_]" => format!("an index does not go with {given}"),
                    "?_:" => {
                        "the two outcomes of `?` are not of one type, or what stands before it is no boolean".to_owned()
                    }
                    sign if sign != name => format!("`{sign}` does not go with {given}"),
                    _ => format!("`{name}` does not go with what it is given: {given}"),
                })
            }
        }
    }
}

/// The open types of an overload, told apart from those of other calls.
fn renamed(kind: &Type, first: usize) -> Type {
    match kind {
        Type::Param(at) => Type::Param(first + at),
        Type::List(inner) => Type::list(renamed(inner, first)),
        Type::Optional(inner) => Type::optional(renamed(inner, first)),
        Type::Kind(inner) => Type::kind(renamed(inner, first)),
        Type::Map(key, value) => Type::map(renamed(key, first), renamed(value, first)),
        other => other.clone(),
    }
}

/// A name, or names with dots between them.
fn dotted(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Name(name) => Some(name.clone()),
        Expression::Field(inner, field) => dotted(inner).map(|before| format!("{before}.{field}")),
        _ => None,
    }
}

/// The types of the server's libraries, as values.
fn named_type(inner: &Expression, field: &str) -> Option<Type> {
    let Expression::Name(space) = inner else { return None };
    let name = match (space.as_str(), field) {
        ("net", "IP") => "net.IP",
        ("net", "CIDR") => "net.CIDR",
        ("kubernetes", "URL") => "kubernetes.URL",
        ("kubernetes", "Quantity") => "kubernetes.Quantity",
        ("kubernetes", "Semver") => "kubernetes.Semver",
        ("kubernetes", "NamedFormat") => "kubernetes.NamedFormat",
        _ => return None,
    };
    Some(Type::kind(Type::Named(name)))
}
