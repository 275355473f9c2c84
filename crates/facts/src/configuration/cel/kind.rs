//! Types, and those of the variables that the server declares.

use std::sync::Arc;

/// What is written as a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Null,
}

/// A type of the language. `Any` is what a claim is, and `Param` stands for one that is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Dyn,
    Any,
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    Null,
    Duration,
    Timestamp,
    List(Arc<Self>),
    Map(Arc<Self>, Arc<Self>),
    Optional(Arc<Self>),
    /// A type as a value.
    Kind(Arc<Self>),
    /// A type of the server's libraries, without fields.
    Named(&'static str),
    Object(Shape),
    Param(usize),
}

/// What has the fields that the server declares (apiserver pkg/authorization/cel/compile.go, `buildRequestType`, and
/// pkg/authentication/cel/compile.go, `buildUserType`, 1.29 to 1.36).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Request,
    Resource,
    NonResource,
    /// A field or a label selector; both came with the gate AuthorizeWithSelectors.
    Selector,
    Requirement,
    User,
}

impl Shape {
    pub(super) fn field(self, name: &str, selectors: bool) -> Option<Type> {
        Some(match (self, name) {
            (Self::Request, "resourceAttributes") => Type::Object(Self::Resource),
            (Self::Request, "nonResourceAttributes") => Type::Object(Self::NonResource),
            (Self::Request, "user" | "uid")
            | (Self::Resource, "namespace" | "verb" | "group" | "version" | "resource" | "subresource" | "name")
            | (Self::NonResource, "path" | "verb")
            | (Self::Selector, "rawSelector")
            | (Self::Requirement, "key" | "operator")
            | (Self::User, "username" | "uid") => Type::Text,
            (Self::Request | Self::User, "groups") | (Self::Requirement, "values") => Type::list(Type::Text),
            (Self::Request | Self::User, "extra") => Type::map(Type::Text, Type::list(Type::Text)),
            (Self::Resource, "fieldSelector" | "labelSelector") if selectors => Type::Object(Self::Selector),
            (Self::Selector, "requirements") => Type::list(Type::Object(Self::Requirement)),
            _ => return None,
        })
    }
}

impl Type {
    pub(super) fn list(item: Self) -> Self {
        Self::List(Arc::new(item))
    }

    pub(super) fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    pub(super) fn optional(inner: Self) -> Self {
        Self::Optional(Arc::new(inner))
    }

    pub(super) fn kind(of: Self) -> Self {
        Self::Kind(Arc::new(of))
    }

    pub(super) fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn | Self::Any)
    }

    /// Whether null is taken for a value of it (cel-go checker/types.go, `isLegacyNullable`).
    pub(super) fn takes_null(&self) -> bool {
        matches!(
            self,
            Self::Null | Self::Optional(_) | Self::Named(_) | Self::Object(_) | Self::Duration | Self::Timestamp
        )
    }

    /// Whether one of two that agree says as much as the other or less (cel-go checker/types.go,
    /// `isEqualOrLessSpecific`).
    pub(super) fn is_as_general_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dyn | Self::Any | Self::Param(_), _) => true,
            (_, Self::Dyn | Self::Any | Self::Param(_)) => false,
            (Self::List(one), Self::List(other)) | (Self::Optional(one), Self::Optional(other)) => {
                one.is_as_general_as(other)
            }
            (Self::Map(key, value), Self::Map(other, held)) => {
                key.is_as_general_as(other) && value.is_as_general_as(held)
            }
            (Self::Kind(_), Self::Kind(_)) => true,
            (one, other) => one == other,
        }
    }

    /// For a sentence.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Dyn | Self::Any | Self::Param(_) => "anything".to_owned(),
            Self::Bool => "a boolean".to_owned(),
            Self::Int => "a whole number".to_owned(),
            Self::Uint => "an unsigned number".to_owned(),
            Self::Double => "a fraction".to_owned(),
            Self::Text => "a string".to_owned(),
            Self::Bytes => "bytes".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Duration => "a duration".to_owned(),
            Self::Timestamp => "a timestamp".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(..) => "a map".to_owned(),
            Self::Optional(inner) => format!("{} that may be missing", inner.shown()),
            Self::Kind(_) => "a type".to_owned(),
            Self::Named(name) => format!("a {name}"),
            Self::Object(_) => "an object".to_owned(),
        }
    }
}
