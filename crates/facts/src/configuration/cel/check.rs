//! What type an expression is of, and why it could be of none.

use std::collections::BTreeSet;

use super::{
    Variable,
    kind::{REQUEST, Type, USER},
    syntax::Expression,
};
use crate::golang;

/// Tells the types of one expression, and gathers the fields that it names.
pub(super) struct Types<'f> {
    variable: Variable,
    bound: Vec<(String, Type)>,
    fields: &'f mut BTreeSet<String>,
}

impl<'f> Types<'f> {
    pub(super) fn new(variable: Variable, fields: &'f mut BTreeSet<String>) -> Self {
        Self { variable, bound: Vec::new(), fields }
    }

    pub(super) fn of(&mut self, expression: &Expression) -> Result<Type, String> {
        Ok(match expression {
            Expression::Literal(literal, _) => *literal,
            Expression::Name(name) => self.name(name)?,
            Expression::Field(inner, field) => self.field(inner, field)?,
            Expression::Index(inner, index) => self.index(inner, index)?,
            Expression::List(items) => Type::List(self.of_one_kind(items.iter(), "the items of a list")?),
            Expression::MaybeField(inner, field) => {
                // The value is of a type that has methods of its own.
                self.field(inner, field)?;
                Type::Unknown
            }
            Expression::MaybeIndex(inner, index) => {
                self.index(inner, index)?;
                Type::Unknown
            }
            Expression::Map(items) => {
                let keys = self.of_one_kind(items.iter().step_by(2), "the keys of a map")?;
                Type::Map(keys, self.of_one_kind(items.iter().skip(1).step_by(2), "the values of a map")?)
            }
            Expression::Sparse(items) => {
                items.iter().try_for_each(|item| self.of(item).map(drop))?;
                Type::Unknown
            }
            Expression::Not(inner) => {
                self.boolean(inner)?;
                Type::Bool
            }
            Expression::Negative(inner) => match self.of(inner)? {
                kind @ (Type::Int | Type::Double | Type::Any | Type::Dyn | Type::Unknown) => kind,
                _ => return Err("`-` is put before something that is no number".to_owned()),
            },
            Expression::Choice(condition, yes, no) => {
                self.boolean(condition)?;
                let (yes, no) = (self.of(yes)?, self.of(no)?);
                if !yes.may_equal(no) {
                    return Err("the two outcomes of `?` are not of one type".to_owned());
                }
                if yes == no { yes } else { Type::Unknown }
            }
            Expression::Binary(sign, left, right) => self.binary(sign, left, right)?,
            Expression::Chain(_, items) => {
                items.iter().try_for_each(|item| self.boolean(item))?;
                Type::Bool
            }
            Expression::Call { target: None, name, arguments } => self.function(name, arguments)?,
            Expression::Call { target: Some(target), name, arguments } => self.method(target, name, arguments)?,
        })
    }

    /// Literals hold values of one type (the option HomogeneousAggregateLiterals of every environment of the server).
    fn of_one_kind<'e>(
        &mut self,
        items: impl Iterator<Item = &'e Expression>,
        what: &str,
    ) -> Result<&'static Type, String> {
        let mut kind: Option<Type> = None;
        for item in items {
            let next = self.of(item)?;
            if kind.is_some_and(|kind| !kind.may_equal(next)) {
                return Err(format!("{what} are not of one type"));
            }
            kind = Some(if kind.is_none_or(|kind| kind == next) { next } else { Type::Unknown });
        }
        Ok(kind.unwrap_or(Type::Unknown).shared())
    }

    fn index(&mut self, inner: &Expression, index: &Expression) -> Result<Type, String> {
        let index = self.of(index)?;
        match self.of(inner)? {
            Type::List(item) if index.may_equal(Type::Int) => Ok(*item),
            Type::Map(key, value) if index.may_equal(*key) => Ok(*value),
            kind @ (Type::Any | Type::Dyn) => Ok(kind),
            Type::Unknown => Ok(Type::Unknown),
            Type::List(_) => Err("a list is indexed by something that is no whole number".to_owned()),
            Type::Map(..) => Err("a map is indexed by something that is none of its keys".to_owned()),
            _ => Err("an index is asked of something that is no list and no map".to_owned()),
        }
    }

    fn field(&mut self, inner: &Expression, field: &str) -> Result<Type, String> {
        if matches!(inner, Expression::Name(name) if name == self.variable_name()) {
            self.fields.insert(field.to_owned());
        }
        Ok(match self.of(inner)? {
            Type::Object(fields) => match fields.iter().find(|(name, _)| *name == field) {
                Some((_, known)) => *known,
                None => return Err(format!("there is no field `{field}`")),
            },
            Type::Map(_, value) => *value,
            kind @ (Type::Any | Type::Dyn) => kind,
            Type::Unknown => Type::Unknown,
            _ => return Err(format!("`{field}` is asked of something that has no fields")),
        })
    }

    fn variable_name(&self) -> &'static str {
        match self.variable {
            Variable::Request => "request",
            Variable::Claims => "claims",
            Variable::User => "user",
        }
    }

    fn name(&self, name: &str) -> Result<Type, String> {
        if let Some((_, kind)) = self.bound.iter().rfind(|(bound, _)| bound == name) {
            return Ok(*kind);
        }
        if name == self.variable_name() {
            return Ok(match self.variable {
                Variable::Request => Type::Object(REQUEST),
                Variable::Claims => Type::Map(&Type::Text, &Type::Any),
                Variable::User => Type::Object(USER),
            });
        }
        if KNOWN.contains(&name) {
            return Ok(Type::Unknown);
        }
        Err(format!("there is no `{name}`; it can use `{}`", self.variable_name()))
    }

    fn boolean(&mut self, expression: &Expression) -> Result<(), String> {
        if self.of(expression)?.may_equal(Type::Bool) {
            return Ok(());
        }
        Err("something that is no boolean stands where only one can".to_owned())
    }

    fn binary(&mut self, sign: &str, left: &Expression, right: &Expression) -> Result<Type, String> {
        let (left, right) = (self.of(left)?, self.of(right)?);
        let open = |kind: Type| matches!(kind, Type::Any | Type::Dyn | Type::Unknown);
        let number = |kind: Type| matches!(kind, Type::Int | Type::Uint | Type::Double);
        match sign {
            "==" | "!=" if !left.may_equal(right) => Err("two things are compared that can never be equal".to_owned()),
            "in" => match right {
                Type::List(item) if !left.may_equal(*item) => {
                    Err("`in` looks for something that the list cannot hold".to_owned())
                }
                Type::Map(key, _) if !left.may_equal(*key) => {
                    Err("`in` looks for something that is no key of the map".to_owned())
                }
                Type::List(_) | Type::Map(..) | Type::Any | Type::Dyn | Type::Unknown => Ok(Type::Bool),
                _ => Err("`in` wants a list or a map behind it".to_owned()),
            },
            "==" | "!=" => Ok(Type::Bool),
            "<" | "<=" | ">" | ">=" => {
                let ordered =
                    |kind: Type| number(kind) || matches!(kind, Type::Bool | Type::Text | Type::Bytes) || open(kind);
                let alike = (number(left) && number(right)) || left.may_equal(right);
                if ordered(left) && ordered(right) && alike {
                    return Ok(Type::Bool);
                }
                Err("two things are compared that have no order".to_owned())
            }
            _ if open(left) || open(right) => Ok(Type::Unknown),
            _ => {
                let takes = match (sign, left) {
                    ("%", Type::Int | Type::Uint) => true,
                    ("+", Type::Text | Type::Bytes | Type::List(_)) => true,
                    ("+" | "-" | "*" | "/", kind) => number(kind),
                    _ => false,
                };
                if takes && left.may_equal(right) {
                    return Ok(left);
                }
                Err(format!("`{sign}` does not go with two things of these types"))
            }
        }
    }

    fn function(&mut self, name: &str, arguments: &[Expression]) -> Result<Type, String> {
        // `uint` and further conversions are types too.
        if !FUNCTIONS.contains(&name) && !KNOWN.contains(&name) {
            return Err(format!("there is no function `{name}`"));
        }
        if name == "has" && !matches!(arguments, [Expression::Field(..)]) {
            return Err("`has` wants one field".to_owned());
        }
        let kinds = arguments.iter().map(|argument| self.of(argument)).collect::<Result<Vec<_>, _>>()?;
        let wanted = if name == "matches" { 2 } else { 1 };
        let counted = ["bool", "bytes", "double", "dyn", "int", "matches", "size", "string", "type", "uint"];
        if counted.contains(&name) && kinds.len() != wanted {
            return Err(format!("`{name}` does not take {} arguments", kinds.len()));
        }
        let refused = match (name, kinds.as_slice()) {
            ("size", [kind]) => !kind.has_size(),
            ("matches", kinds) => kinds.iter().any(|kind| !kind.may_equal(Type::Text)),
            _ => false,
        };
        if refused {
            return Err(format!("`{name}` does not take what it is given"));
        }
        if let ("matches", Some(Expression::Literal(Type::Text, pattern))) = (name, arguments.get(1)) {
            is_pattern(pattern)?;
        }
        Ok(match name {
            "has" | "bool" | "matches" | "isCIDR" | "isIP" | "isQuantity" | "isSemver" | "isURL" => Type::Bool,
            "size" | "int" => Type::Int,
            "uint" => Type::Uint,
            "double" => Type::Double,
            "string" => Type::Text,
            "bytes" => Type::Bytes,
            "dyn" => Type::Dyn,
            _ => Type::Unknown,
        })
    }

    fn method(&mut self, target: &Expression, name: &str, arguments: &[Expression]) -> Result<Type, String> {
        let receiver = self.of(target)?;
        if MACROS.contains(&name) {
            return self.over_items(receiver, name, arguments);
        }
        // Of a value that is bound the name is bound as well.
        let binds = match name {
            "optMap" | "optFlatMap" => names_bound(arguments),
            _ => Vec::new(),
        };
        let count = self.bound.len();
        let body = arguments.get(binds.len()..).unwrap_or_default();
        self.bound.extend(binds.into_iter().map(|name| (name, Type::Unknown)));
        let kinds = body.iter().map(|argument| self.of(argument)).collect::<Result<Vec<_>, _>>();
        self.bound.truncate(count);
        let kinds = kinds?;
        if !METHODS.contains(&name) {
            return Err(format!("there is no function `{name}`"));
        }
        let texts = |from: usize, to: usize| {
            (from..=to).contains(&kinds.len()) && kinds.iter().all(|kind| kind.may_equal(Type::Text))
        };
        let (of, takes) = match name {
            "startsWith" | "endsWith" | "contains" | "matches" | "find" => {
                (receiver.may_equal(Type::Text), texts(1, 1))
            }
            "lowerAscii" | "upperAscii" | "trim" => (receiver.may_equal(Type::Text), kinds.is_empty()),
            "replace" | "split" | "substring" | "charAt" | "findAll" => (receiver.may_equal(Type::Text), true),
            "size" => (receiver.has_size(), kinds.is_empty()),
            "join" => (receiver.may_equal(Type::List(&Type::Text)), texts(0, 1)),
            _ => (true, true),
        };
        // Names of other kinds of things are shared: `sets.contains`, `ip.isCanonical`.
        let shared = matches!(target, Expression::Name(name) if KNOWN.contains(&name.as_str()));
        if !(shared || of && takes) {
            return Err(format!("`{name}` does not go with what it is asked of, or with what it is given"));
        }
        if let ("matches" | "find", [Expression::Literal(Type::Text, pattern), ..]) = (name, arguments) {
            is_pattern(pattern)?;
        }
        let text = matches!(receiver, Type::Text | Type::Any | Type::Dyn);
        Ok(match name {
            "startsWith" | "endsWith" | "contains" | "matches" if text => Type::Bool,
            "size" => Type::Int,
            "lowerAscii" | "upperAscii" | "trim" | "replace" | "substring" | "charAt" | "find" if text => Type::Text,
            "split" if text => Type::List(&Type::Text),
            "join" => Type::Text,
            _ => Type::Unknown,
        })
    }

    /// A macro that goes through the items of a list or the keys of a map.
    fn over_items(&mut self, receiver: Type, name: &str, arguments: &[Expression]) -> Result<Type, String> {
        let names = names_bound(arguments);
        // `map` may filter before it maps.
        let most = if name == "map" && arguments.len() == 3 { 1 } else { 2 };
        let names: Vec<String> = names.into_iter().take(most).collect();
        let kinds = match (receiver, names.len()) {
            (Type::List(item), 2) => vec![Type::Int, *item],
            (Type::List(item), _) => vec![*item],
            (Type::Map(key, value), 2) => vec![*key, *value],
            (Type::Map(key, _), _) => vec![*key],
            (Type::Dyn | Type::Unknown, _) => vec![Type::Unknown, Type::Unknown],
            _ => return Err(format!("`{name}` goes through a list or a map, and this is none")),
        };
        let body = arguments.get(names.len()..).unwrap_or_default();
        let count = self.bound.len();
        self.bound.extend(names.into_iter().zip(kinds.iter().copied()));
        let all = match name {
            "all" | "exists" | "exists_one" | "existsOne" | "filter" => {
                body.iter().try_fold(Type::Bool, |_, part| self.boolean(part).map(|()| Type::Bool))
            }
            _ => body.iter().try_fold(Type::Unknown, |_, part| self.of(part)),
        };
        self.bound.truncate(count);
        let last = all?;
        Ok(match (name, receiver) {
            ("all" | "exists" | "exists_one" | "existsOne", _) => Type::Bool,
            ("filter", Type::List(_)) => receiver,
            ("filter", Type::Map(key, _)) => Type::List(key),
            ("map", _) => Type::List(last.shared()),
            _ => Type::Unknown,
        })
    }
}

/// Whether the server could compile the regular expression of a literal.
pub(super) fn is_pattern(literal: &str) -> Result<(), String> {
    let raw = literal.starts_with(['r', 'R']);
    let inner = literal.trim_start_matches(['r', 'R']).trim_matches(['"', '\'']);
    // What is escaped would have to be read first.
    let fault = if raw || !inner.contains('\\') { golang::regexp_error(inner) } else { None };
    fault.map_or(Ok(()), |fault| Err(format!("the pattern `{inner}` is none: {fault}")))
}

/// The names that a macro binds: the leading arguments that are nothing but names, if something follows them.
pub(super) fn names_bound(arguments: &[Expression]) -> Vec<String> {
    let most = arguments.len().saturating_sub(1).min(2);
    let names = arguments.iter().take(most).map_while(|argument| match argument {
        Expression::Name(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// Functions without a receiver in any release: the language's own and those of the server's libraries
/// (kubernetes.io/docs/reference/using-api/cel).
pub(super) const FUNCTIONS: [&str; 24] = [
    "bool",
    "bytes",
    "cidr",
    "double",
    "duration",
    "dyn",
    "has",
    "int",
    "ip",
    "isCIDR",
    "isIP",
    "isQuantity",
    "isSemver",
    "isURL",
    "list",
    "map",
    "matches",
    "quantity",
    "semver",
    "size",
    "string",
    "timestamp",
    "type",
    "url",
];

/// Names before a dot that are part of a function's name, and types as values.
pub(super) const KNOWN: [&str; 21] = [
    "bool",
    "bytes",
    "cidr",
    "double",
    "duration",
    "dyn",
    "format",
    "google",
    "int",
    "ip",
    "list",
    "map",
    "net",
    "null_type",
    "optional",
    "optional_type",
    "sets",
    "string",
    "strings",
    "type",
    "uint",
];

/// What goes through items and binds names to them.
pub(super) const MACROS: [&str; 9] =
    ["all", "exists", "existsOne", "exists_one", "filter", "map", "transformList", "transformMap", "transformMapEntry"];

/// Functions with a receiver, or with one of the names above before them, in any release (apiserver pkg/cel/environment
/// and pkg/cel/library, 1.29 to 1.36).
pub(super) const METHODS: &[&str] = &[
    "add",
    "allowed",
    "asApproximateFloat",
    "asInteger",
    "byte",
    "charAt",
    "check",
    "compareTo",
    "contains",
    "containsCIDR",
    "containsIP",
    "date",
    "datetime",
    "distinct",
    "dns1035Label",
    "dns1035LabelPrefix",
    "dns1123Label",
    "dns1123LabelPrefix",
    "dns1123Subdomain",
    "dns1123SubdomainPrefix",
    "endsWith",
    "equivalent",
    "error",
    "errored",
    "family",
    "fieldSelector",
    "find",
    "findAll",
    "first",
    "flatten",
    "format",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getEscapedPath",
    "getFullYear",
    "getHost",
    "getHostname",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getPort",
    "getQuery",
    "getScheme",
    "getSeconds",
    "group",
    "hasValue",
    "indexOf",
    "intersects",
    "ip",
    "isCanonical",
    "isGlobalUnicast",
    "isGreaterThan",
    "isInteger",
    "isLessThan",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isLoopback",
    "isSorted",
    "isUnspecified",
    "join",
    "labelSelector",
    "labelValue",
    "last",
    "lastIndexOf",
    "lowerAscii",
    "major",
    "masked",
    "matches",
    "max",
    "min",
    "minor",
    "name",
    "named",
    "namespace",
    "none",
    "of",
    "ofNonZeroValue",
    "optFlatMap",
    "optMap",
    "or",
    "orValue",
    "patch",
    "path",
    "prefixLength",
    "qualifiedName",
    "quote",
    "range",
    "reason",
    "replace",
    "resource",
    "reverse",
    "serviceAccount",
    "sign",
    "size",
    "slice",
    "sort",
    "sortBy",
    "split",
    "startsWith",
    "sub",
    "subresource",
    "substring",
    "sum",
    "trim",
    "unwrap",
    "upperAscii",
    "uri",
    "uuid",
    "validate",
    "value",
];
