//! Whether an expression of CEL, the language of conditions in configuration files, could be one that compiles.
//!
//! The server compiles each expression when it starts and exits where one does not compile. This reads the grammar
//! (cel-spec, doc/langdef.md) and knows the types of what the server declares, which is enough for the mistakes that
//! people make: a broken expression, a name or field that is not there, a condition that is no boolean. It does not know
//! the signatures of functions, so an expression that passes here may still be refused; one that is refused here is
//! refused by the server. What is too deep or too new to follow passes.
//!
//! Start at [`check`], and at [`eval`] for what an expression says of a request.

pub(super) mod eval;

use std::collections::BTreeSet;

use crate::golang;

/// The variable that an expression can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// `request`, a SubjectAccessReviewSpec (apiserver pkg/authorization/cel, `buildRequestType`).
    Request,
    /// `claims`, a map of anything (apiserver pkg/authentication/cel, `mustBuildEnvs`).
    Claims,
    /// `user` (apiserver pkg/authentication/cel, `buildUserType`).
    User,
}

/// What is known of an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Checked {
    /// Why it does not compile, as the end of a sentence.
    pub(super) fault: Option<String>,
    /// The fields of the variable that it names.
    pub(super) fields: BTreeSet<String>,
}

/// Looks at one expression. `condition` says that it has to be a boolean.
pub(super) fn check(expression: &str, variable: Variable, condition: bool) -> Checked {
    let mut checked = Checked::default();
    let parsed = match parse(expression) {
        Ok(parsed) => parsed,
        Err(Stop::Fault(fault)) => return Checked { fault: Some(fault), ..checked },
        Err(Stop::TooDeep) => return checked,
    };
    let mut types = Types { variable, bound: Vec::new(), fields: &mut checked.fields };
    let fault = match types.of(&parsed) {
        Err(fault) => Some(fault),
        Ok(Type::Bool | Type::Unknown) => None,
        Ok(_) if condition => Some("it is no condition: it has to be true or false".to_owned()),
        Ok(_) => None,
    };
    Checked { fault, ..checked }
}

fn parse(expression: &str) -> Parsed {
    let tokens = tokens(expression).map_err(Stop::Fault)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let parsed = parser.expression()?;
    match parser.peek() {
        Token::End if parsed.is_deeper_than(TALLEST) => Err(Stop::TooDeep),
        Token::End => Ok(parsed),
        other => Err(Stop::Fault(format!("{} is not expected there", other.shown()))),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    /// A name in backquotes, which is a field only.
    Quoted(String),
    /// A number or a string as it is written.
    Literal(Type, String),
    Sign(&'static str),
    End,
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Name(name) | Self::Quoted(name) => format!("`{name}`"),
            Self::Literal(Type::Text | Type::Bytes, _) => "a string".to_owned(),
            Self::Literal(..) => "a number".to_owned(),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "its end".to_owned(),
        }
    }
}

/// Longer ones first.
const SIGNS: [&str; 26] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "+", "-", "*", "/", "%", ".", ",", "(", ")", "[", "]",
    "{", "}", "=", "|",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').map_or("", |end| &comment[end..]);
            continue;
        }
        let Some(first) = rest.chars().next() else {
            tokens.push(Token::End);
            return Ok(tokens);
        };
        if let Some((bytes, length)) = string(rest)? {
            let (written, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            tokens.push(Token::Literal(if bytes { Type::Bytes } else { Type::Text }, written.to_owned()));
            rest = behind;
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..length].to_owned()));
            rest = &rest[length..];
        } else if let Some(quoted) = rest.strip_prefix('`') {
            let end = quoted.find('`').ok_or("a backquote is not closed")?;
            tokens.push(Token::Quoted(quoted[..end].to_owned()));
            rest = &quoted[end + 1..];
        } else if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let (kind, length) = number(rest);
            tokens.push(Token::Literal(kind, rest[..length].to_owned()));
            rest = &rest[length..];
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            if matches!(*sign, "=" | "|") {
                return Err(format!("`{sign}` means nothing; write it twice"));
            }
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            return Err(format!("`{}` means nothing there", first.escape_debug()));
        }
    }
}

/// Whether a string at the start is one of bytes, and how long it is; `None` where there is none.
fn string(text: &str) -> Result<Option<(bool, usize)>, String> {
    let prefix = text.bytes().take(2).take_while(|b| matches!(b, b'r' | b'R' | b'b' | b'B')).count();
    let (letters, quoted) = text.split_at(prefix);
    let (raw, bytes) = (letters.contains(['r', 'R']), letters.contains(['b', 'B']));
    let Some(quote) = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| quoted.starts_with(quote)) else {
        return Ok(None);
    };
    let inside = &quoted[quote.len()..];
    let mut skip = false;
    for (at, c) in inside.char_indices() {
        if skip {
            skip = false;
        } else if c == '\\' && !raw {
            skip = true;
        } else if inside[at..].starts_with(quote) {
            return Ok(Some((bytes, prefix + quote.len() + at + quote.len())));
        } else if c == '\n' && quote.len() == 1 {
            break;
        }
    }
    Err("a string is not closed".to_owned())
}

fn number(text: &str) -> (Type, usize) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let length = 2 + hex.bytes().take_while(u8::is_ascii_hexdigit).count();
        let unsigned = text[length..].starts_with(['u', 'U']);
        return if unsigned { (Type::Uint, length + 1) } else { (Type::Int, length) };
    }
    let mut length = digits(text);
    let mut kind = Type::Int;
    if text[length..].starts_with('.') && digits(&text[length + 1..]) > 0 {
        length += 1 + digits(&text[length + 1..]);
        kind = Type::Double;
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(&text[length + 1 + sign..]);
        if exponent > 0 {
            length += 1 + sign + exponent;
            kind = Type::Double;
        }
    }
    if kind == Type::Int && text[length..].starts_with(['u', 'U']) {
        return (Type::Uint, length + 1);
    }
    (kind, length)
}

#[derive(Debug)]
enum Expression {
    /// With its text as it is written.
    Literal(Type, String),
    Name(String),
    Field(Box<Self>, String),
    /// `a.?b`
    MaybeField(Box<Self>, String),
    /// `a[?b]`
    MaybeIndex(Box<Self>, Box<Self>),
    /// A list or map with entries that may be left out, which is not followed.
    Sparse(Vec<Self>),
    Call {
        target: Option<Box<Self>>,
        name: String,
        arguments: Vec<Self>,
    },
    Index(Box<Self>, Box<Self>),
    List(Vec<Self>),
    /// A map or a message: all its parts.
    Map(Vec<Self>),
    Not(Box<Self>),
    Negative(Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    /// A chain of `&&` or of `||`.
    Chain(&'static str, Vec<Self>),
    Choice(Box<Self>, Box<Self>, Box<Self>),
}

impl Expression {
    /// Whether it nests deeper than this. The parser bounds each way of nesting, and all of them together are too much
    /// for what walks over the tree.
    fn is_deeper_than(&self, most: usize) -> bool {
        let mut left = vec![(self, 1)];
        while let Some((expression, depth)) = left.pop() {
            if depth > most {
                return true;
            }
            let mut below = |inner| left.push((inner, depth + 1));
            match expression {
                Self::Literal(..) | Self::Name(_) => {}
                Self::Field(inner, _) | Self::MaybeField(inner, _) | Self::Not(inner) | Self::Negative(inner) => {
                    below(inner);
                }
                Self::Index(one, other) | Self::MaybeIndex(one, other) | Self::Binary(_, one, other) => {
                    below(one);
                    below(other);
                }
                Self::Choice(condition, yes, no) => [condition, yes, no].into_iter().for_each(|part| below(part)),
                Self::Call { target, arguments, .. } => {
                    target.iter().for_each(|target| below(target));
                    arguments.iter().for_each(below);
                }
                Self::List(items) | Self::Map(items) | Self::Sparse(items) | Self::Chain(_, items) => {
                    items.iter().for_each(below);
                }
            }
        }
        false
    }
}

enum Stop {
    Fault(String),
    TooDeep,
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

type Parsed = Result<Expression, Stop>;

/// Nesting that is followed; what the server takes is deeper, and then nothing is said.
const DEEPEST: usize = 40;

/// Nesting of all kinds together.
const TALLEST: usize = 200;

/// Words that name nothing (cel-spec, doc/langdef.md, RESERVED).
const RESERVED: [&str; 18] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Token::Sign(found) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn wants(&mut self, sign: &'static str) -> Result<(), Stop> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(Stop::Fault(format!("`{sign}` is expected before {}", self.peek().shown())))
    }

    fn expression(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Stop::TooDeep);
        }
        let condition = self.binary(0)?;
        let parsed = if self.takes("?") {
            let yes = self.binary(0)?;
            self.wants(":")?;
            let no = self.expression()?;
            Expression::Choice(Box::new(condition), Box::new(yes), Box::new(no))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(parsed)
    }

    fn binary(&mut self, level: usize) -> Parsed {
        const LEVELS: [&[&str]; 5] =
            [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">", "in"], &["+", "-"], &["*", "/", "%"]];
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        if level < 2 {
            let sign = signs.first().copied().unwrap_or_default();
            let mut chain = vec![left];
            while self.takes(sign) {
                chain.push(self.binary(level + 1)?);
            }
            return Ok(match chain.pop() {
                Some(only) if chain.is_empty() => only,
                last => Expression::Chain(sign, chain.into_iter().chain(last).collect()),
            });
        }
        // A chain nests to the left as deep as it is long.
        for _ in 0..DEEPEST {
            let found = match self.peek() {
                Token::Sign(sign) => signs.iter().find(|known| *known == sign),
                Token::Name(name) => signs.iter().find(|known| **known == name.as_str()),
                _ => None,
            };
            let Some(sign) = found else { return Ok(left) };
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = Expression::Binary(sign, Box::new(left), Box::new(right));
        }
        Err(Stop::TooDeep)
    }

    fn unary(&mut self) -> Parsed {
        let mut before = Vec::new();
        loop {
            if self.takes("!") {
                before.push(true);
            } else if self.takes("-") {
                before.push(false);
            } else {
                break;
            }
        }
        if before.len() > DEEPEST {
            return Err(Stop::TooDeep);
        }
        if before.contains(&true) && before.contains(&false) {
            return Err(Stop::Fault("`!` and `-` are not written next to one another".to_owned()));
        }
        let mut parsed = self.member()?;
        for not in before {
            let inner = Box::new(parsed);
            parsed = if not { Expression::Not(inner) } else { Expression::Negative(inner) };
        }
        Ok(parsed)
    }

    fn member(&mut self) -> Parsed {
        let mut parsed = self.primary()?;
        for _ in 0..DEEPEST {
            if self.takes(".") {
                let optional = self.takes("?");
                let name = match self.peek().clone() {
                    Token::Name(name) | Token::Quoted(name) => name,
                    other => return Err(Stop::Fault(format!("a field is expected before {}", other.shown()))),
                };
                self.at += 1;
                parsed = if !optional && self.takes("(") {
                    let (arguments, _) = self.until(")")?;
                    Expression::Call { target: Some(Box::new(parsed)), name, arguments }
                } else {
                    let from = Box::new(parsed);
                    if optional { Expression::MaybeField(from, name) } else { Expression::Field(from, name) }
                };
            } else if self.takes("[") {
                let optional = self.takes("?");
                let index = Box::new(self.expression()?);
                self.wants("]")?;
                let from = Box::new(parsed);
                parsed = if optional { Expression::MaybeIndex(from, index) } else { Expression::Index(from, index) };
            } else if matches!(parsed, Expression::Name(_) | Expression::Field(..)) && self.takes("{") {
                return Err(Stop::TooDeep);
            } else {
                return Ok(parsed);
            }
        }
        Err(Stop::TooDeep)
    }

    /// The items up to what closes them, and whether one may be left out.
    fn until(&mut self, close: &'static str) -> Result<(Vec<Expression>, bool), Stop> {
        let mut items = Vec::new();
        let mut sparse = false;
        loop {
            if self.takes(close) {
                return Ok((items, sparse));
            }
            if !items.is_empty() {
                self.wants(",")?;
                if close != ")" && self.takes(close) {
                    return Ok((items, sparse));
                }
            }
            sparse |= self.takes("?");
            items.push(self.expression()?);
            if close == "}" {
                self.wants(":")?;
                items.push(self.expression()?);
            }
        }
    }

    fn primary(&mut self) -> Parsed {
        let token = self.peek().clone();
        self.at += 1;
        match token {
            Token::Literal(kind, text) => Ok(Expression::Literal(kind, text)),
            Token::Sign("(") => {
                let inner = self.expression()?;
                self.wants(")")?;
                Ok(inner)
            }
            Token::Sign("[") => {
                let (items, sparse) = self.until("]")?;
                Ok(if sparse { Expression::Sparse(items) } else { Expression::List(items) })
            }
            Token::Sign("{") => {
                let (items, sparse) = self.until("}")?;
                Ok(if sparse { Expression::Sparse(items) } else { Expression::Map(items) })
            }
            Token::Name(name) => match name.as_str() {
                "true" | "false" => Ok(Expression::Literal(Type::Bool, name)),
                "null" => Ok(Expression::Literal(Type::Null, name)),
                word if RESERVED.contains(&word) => Err(Stop::Fault(format!("`{word}` is a reserved word"))),
                _ if self.takes("(") => Ok(Expression::Call { target: None, name, arguments: self.until(")")?.0 }),
                _ => Ok(Expression::Name(name)),
            },
            // A name from the root: rare enough not to be followed.
            Token::Sign(".") => Err(Stop::TooDeep),
            Token::End => Err(Stop::Fault("it ends too early".to_owned())),
            other => Err(Stop::Fault(format!("a value is expected before {}", other.shown()))),
        }
    }
}

/// As much of a type as can be told. `Any` is what a claim is, `Dyn` is CEL's own `dyn`, and `Unknown` what is not followed
/// here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Null,
    List(&'static Self),
    Map(&'static Self, &'static Self),
    Object(&'static [(&'static str, Self)]),
    Any,
    Dyn,
    Unknown,
}

impl Type {
    /// The same, as part of another type; what nests deeper is not followed.
    fn shared(self) -> &'static Self {
        match self {
            Self::Bool => &Self::Bool,
            Self::Int => &Self::Int,
            Self::Uint => &Self::Uint,
            Self::Double => &Self::Double,
            Self::Text => &Self::Text,
            Self::Bytes => &Self::Bytes,
            Self::Any => &Self::Any,
            Self::Dyn => &Self::Dyn,
            _ => &Self::Unknown,
        }
    }

    /// Whether a value of one may be compared with one of the other.
    fn may_equal(self, other: Self) -> bool {
        match (self, other) {
            (Self::Any | Self::Dyn | Self::Unknown, _) | (_, Self::Any | Self::Dyn | Self::Unknown) => true,
            (Self::Null, Self::Object(_)) | (Self::Object(_), Self::Null) => true,
            (Self::List(one), Self::List(other)) => one.may_equal(*other),
            (Self::Map(key, value), Self::Map(other, held)) => key.may_equal(*other) && value.may_equal(*held),
            (one, other) => one == other,
        }
    }

    fn has_size(self) -> bool {
        let sized = matches!(self, Self::Text | Self::Bytes | Self::List(_) | Self::Map(..));
        sized || matches!(self, Self::Any | Self::Dyn | Self::Unknown)
    }
}

const TEXTS: Type = Type::List(&Type::Text);

const REQUEST: &[(&str, Type)] = &[
    ("resourceAttributes", Type::Object(RESOURCE)),
    ("nonResourceAttributes", Type::Object(&[("path", Type::Text), ("verb", Type::Text)])),
    ("user", Type::Text),
    ("groups", TEXTS),
    ("extra", Type::Map(&Type::Text, &TEXTS)),
    ("uid", Type::Text),
];

const RESOURCE: &[(&str, Type)] = &[
    ("namespace", Type::Text),
    ("verb", Type::Text),
    ("group", Type::Text),
    ("version", Type::Text),
    ("resource", Type::Text),
    ("subresource", Type::Text),
    ("name", Type::Text),
    // Both came with the gate AuthorizeWithSelectors in 1.31.
    ("fieldSelector", Type::Object(SELECTOR)),
    ("labelSelector", Type::Object(SELECTOR)),
];

/// apiserver pkg/authorization/cel/compile.go, buildFieldSelectorType and buildLabelSelectorType.
const SELECTOR: &[(&str, Type)] =
    &[("rawSelector", Type::Text), ("requirements", Type::List(&Type::Object(REQUIREMENT)))];

const REQUIREMENT: &[(&str, Type)] = &[("key", Type::Text), ("operator", Type::Text), ("values", TEXTS)];

const USER: &[(&str, Type)] =
    &[("username", Type::Text), ("uid", Type::Text), ("groups", TEXTS), ("extra", Type::Map(&Type::Text, &TEXTS))];

/// Functions without a receiver in any release: the language's own and those of the server's libraries
/// (kubernetes.io/docs/reference/using-api/cel).
const FUNCTIONS: [&str; 24] = [
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
const KNOWN: [&str; 21] = [
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
const MACROS: [&str; 9] =
    ["all", "exists", "existsOne", "exists_one", "filter", "map", "transformList", "transformMap", "transformMapEntry"];

/// Functions with a receiver, or with one of the names above before them, in any release (apiserver pkg/cel/environment
/// and pkg/cel/library, 1.29 to 1.36).
const METHODS: &[&str] = &[
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
struct Types<'f> {
    variable: Variable,
    bound: Vec<(String, Type)>,
    fields: &'f mut BTreeSet<String>,
}

impl Types<'_> {
    fn of(&mut self, expression: &Expression) -> Result<Type, String> {
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
fn is_pattern(literal: &str) -> Result<(), String> {
    let raw = literal.starts_with(['r', 'R']);
    let inner = literal.trim_start_matches(['r', 'R']).trim_matches(['"', '\'']);
    // What is escaped would have to be read first.
    let fault = if raw || !inner.contains('\\') { golang::regexp_error(inner) } else { None };
    fault.map_or(Ok(()), |fault| Err(format!("the pattern `{inner}` is none: {fault}")))
}

/// The names that a macro binds: the leading arguments that are nothing but names, if something follows them.
fn names_bound(arguments: &[Expression]) -> Vec<String> {
    let most = arguments.len().saturating_sub(1).min(2);
    let names = arguments.iter().take(most).map_while(|argument| match argument {
        Expression::Name(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiles(expression: &str, variable: Variable, condition: bool) -> bool {
        check(expression, variable, condition).fault.is_none()
    }

    #[test]
    fn conditions_of_webhooks_compile_or_do_not() {
        for expression in [
            "request.user == 'system:admin'",
            "has(request.resourceAttributes) && request.resourceAttributes.namespace == 'kube-system'",
            "!('system:serviceaccounts' in request.groups)",
            "request.groups.exists(g, g.startsWith('team-'))",
            "request.groups.all(g, g != \"a\") || request.uid == r'\\d'",
            "request.resourceAttributes.?name.orValue('') == ''",
            "size(request.groups) > 0 ? true : false",
            "request.extra['x'][0] == 'y' // why",
            "request.user in ['a', 'b',]",
            "request.user.matches('^a+$')",
            "true",
            "request.extra['k'].exists(x, x == 'a')",
            "request.resourceAttributes.labelSelector.requirements.exists(r, r.key == 'a' && 'b' in r.values)",
            "request.groups.map(g, g.size()).exists(n, n > 2)",
            "request.groups[?0].orValue('') == 'x'",
            "sets.contains(request.groups, ['a'])",
            "format.dns1123Label().validate('a').hasValue()",
            "{1: 'a', 2: 'b'}.transformList(k, v, v).size() == 2",
            "request.resourceAttributes == null",
            "[1] + [2] == [1, 2]",
            "dyn(request.user) == 1",
            "'%s'.format(['a']) == 'a'",
            "duration('1s') == duration('1s')",
        ] {
            assert!(compiles(expression, Variable::Request, true), "{expression}");
        }
        for expression in [
            "request.user ==",
            "request.namespace == 'x'",
            "request.user = 'x'",
            "request.user == 'x",
            "request.user",
            "'a'",
            "user == 'x'",
            "requests.user == 'x'",
            "request.user == 1",
            "request.user && true",
            "(request.user == 'x'",
            "request.user == 'x')",
            "request.groups.exists(g, h == 'x')",
            "has(request)",
            "frobnicate(request.user)",
            "'x' in request.user",
            "request.user.name == 'x'",
            "request.user == 'x' and true",
            "1 == 1.0",
            "request.user.foo()",
            "request[0]",
            "request.groups['a']",
            "size(request.user, 1) == 1",
            "request.extra.foo == 'x'",
            "request.user + 1 == 'a'",
            "request.groups.exists(g, g)",
            "true ? 1 : true",
            "[1, 'a'].exists(x, x == 1)",
            "request.user < 1",
            "request.groups + 'a' == []",
            "matches(request.user)",
            "request.user.matches('(')",
            "request.resourceAttributes.labelSelector.foo == ''",
            "request.resourceAttributes.fieldSelector.requirements[0].foo == ''",
            "math.greatest(1, 2) == 2",
            "",
            "   ",
            "§",
        ] {
            assert!(!compiles(expression, Variable::Request, true), "{expression}");
        }
    }

    #[test]
    fn claims_hold_anything_and_users_do_not() {
        for expression in ["claims.sub", "'p:' + claims.sub", "claims[\"a.b\"].c", "claims.?groups.orValue([])", "1"] {
            assert!(compiles(expression, Variable::Claims, false), "{expression}");
        }
        // A claim is no list as long as nobody says so.
        assert!(!compiles("claims.groups.all(g, g != 'a')", Variable::Claims, true));
        assert!(compiles("dyn(claims.groups).all(g, g != 'a')", Variable::Claims, true));
        assert!(compiles("claims.exists(name, name == 'a')", Variable::Claims, true));
        assert!(!compiles("claims.email_verified", Variable::Claims, true));
        assert!(compiles("claims.email_verified == true", Variable::Claims, true));
        assert!(compiles("!user.username.startsWith('system:')", Variable::User, true));
        assert!(!compiles("!user.name.startsWith('system:')", Variable::User, true));
        let fields = check("claims.email + has(claims.email_verified)", Variable::Claims, false).fields;
        assert_eq!(fields.into_iter().collect::<Vec<_>>(), ["email", "email_verified"]);
    }

    #[test]
    fn what_is_too_deep_passes() {
        let deep = |open: &str, close: &str| format!("{}true{}", open.repeat(5_000), close.repeat(5_000));
        for expression in [deep("(", ")"), deep("[", "]"), deep("!", ""), deep("-", ""), deep("a.", ""), deep("1+", "")]
        {
            assert!(compiles(&expression, Variable::Request, true), "{}", &expression[..20]);
        }
        assert!(compiles(&deep("true?true:", ""), Variable::Request, true));
    }
}
