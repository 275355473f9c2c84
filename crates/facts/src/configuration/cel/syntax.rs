//! The grammar: words and signs into a tree.

use super::{
    kind::Literal,
    token::{Token, tokens},
};

/// Characters of an expression at most (cel-go parser/options.go).
const LONGEST: usize = 100_000;

pub(super) fn parse(expression: &str) -> Parsed {
    if expression.chars().nth(LONGEST).is_some() {
        return Err(Stop::Fault(format!("it has more than {LONGEST} characters")));
    }
    let tokens = tokens(expression).map_err(Stop::Fault)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let parsed = parser.expression()?;
    match parser.peek() {
        Token::End if parsed.is_deeper_than(TALLEST) => Err(Stop::TooDeep),
        Token::End => Ok(parsed),
        other => Err(Stop::Fault(format!("{} is not expected there", other.shown()))),
    }
}

#[derive(Debug)]
pub(super) enum Expression {
    /// With its text as it is written.
    Literal(Literal, String),
    Name(String),
    Field(Box<Self>, String),
    /// `a.?b`
    MaybeField(Box<Self>, String),
    /// `a[?b]`
    MaybeIndex(Box<Self>, Box<Self>),
    Call {
        target: Option<Box<Self>>,
        name: String,
        arguments: Vec<Self>,
    },
    Index(Box<Self>, Box<Self>),
    /// Its items, each with whether it may be left out: `[?a]`.
    List(Vec<(bool, Self)>),
    /// Its keys and values, likewise.
    Map(Vec<(bool, Self, Self)>),
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
                Self::Chain(_, items) => items.iter().for_each(below),
                Self::List(items) => items.iter().for_each(|(_, item)| below(item)),
                Self::Map(entries) => entries.iter().for_each(|(_, key, value)| {
                    below(key);
                    below(value);
                }),
            }
        }
        false
    }
}

pub(super) enum Stop {
    Fault(String),
    TooDeep,
}

pub(super) struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

pub(super) type Parsed = Result<Expression, Stop>;

/// Nesting that is followed; what the server takes is deeper, and then nothing is said.
pub(super) const DEEPEST: usize = 40;

/// Nesting of all kinds together.
pub(super) const TALLEST: usize = 200;

/// Words that name nothing (cel-spec, doc/langdef.md, RESERVED).
pub(super) const RESERVED: [&str; 18] = [
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
        let parsed = self.member()?;
        // Two of them are none to the server, also before what is no boolean and no number.
        if before.len().is_multiple_of(2) {
            return Ok(parsed);
        }
        let inner = Box::new(parsed);
        Ok(if before.contains(&true) { Expression::Not(inner) } else { Expression::Negative(inner) })
    }

    fn member(&mut self) -> Parsed {
        let mut parsed = self.primary()?;
        for _ in 0..DEEPEST {
            if self.takes(".") {
                let optional = self.takes("?");
                let name = match self.peek().clone() {
                    // Reserved words may name fields, but for those that are signs and literals.
                    Token::Name(name) if !matches!(name.as_str(), "in" | "true" | "false" | "null") => name,
                    other => return Err(Stop::Fault(format!("a field is expected before {}", other.shown()))),
                };
                self.at += 1;
                parsed = if !optional && self.takes("(") {
                    let arguments = self.arguments()?;
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

    /// What stands between commas up to what closes it. Behind the last one a comma may stand, but not behind arguments.
    fn until<T>(
        &mut self,
        close: &'static str,
        mut one: impl FnMut(&mut Self) -> Result<T, Stop>,
    ) -> Result<Vec<T>, Stop> {
        let mut items = Vec::new();
        loop {
            if self.takes(close) {
                return Ok(items);
            }
            if !items.is_empty() || (close != ")" && matches!(self.peek(), Token::Sign(","))) {
                self.wants(",")?;
                if close != ")" && self.takes(close) {
                    return Ok(items);
                }
                if items.is_empty() {
                    return Err(Stop::Fault("a value is expected before `,`".to_owned()));
                }
            }
            items.push(one(self)?);
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, Stop> {
        self.until(")", Self::expression)
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
                let item = |parser: &mut Self| Ok((parser.takes("?"), parser.expression()?));
                Ok(Expression::List(self.until("]", item)?))
            }
            Token::Sign("{") => {
                let entry = |parser: &mut Self| {
                    let maybe = parser.takes("?");
                    let key = parser.expression()?;
                    parser.wants(":")?;
                    Ok((maybe, key, parser.expression()?))
                };
                Ok(Expression::Map(self.until("}", entry)?))
            }
            Token::Name(name) => match name.as_str() {
                "true" | "false" => Ok(Expression::Literal(Literal::Bool, name)),
                "null" => Ok(Expression::Literal(Literal::Null, name)),
                word if RESERVED.contains(&word) => Err(Stop::Fault(format!("`{word}` is a reserved word"))),
                _ if self.takes("(") => Ok(Expression::Call { target: None, name, arguments: self.arguments()? }),
                _ => Ok(Expression::Name(name)),
            },
            // A name from the root: rare enough not to be followed.
            Token::Sign(".") => Err(Stop::TooDeep),
            Token::End => Err(Stop::Fault("it ends too early".to_owned())),
            other => Err(Stop::Fault(format!("a value is expected before {}", other.shown()))),
        }
    }
}
