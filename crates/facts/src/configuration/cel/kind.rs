//! Types, and those of the variables that the server declares.

/// As much of a type as can be told. `Any` is what a claim is, `Dyn` is CEL's own `dyn`, and `Unknown` what is not followed
/// here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
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
    pub(super) fn shared(self) -> &'static Self {
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
    pub(super) fn may_equal(self, other: Self) -> bool {
        match (self, other) {
            (Self::Any | Self::Dyn | Self::Unknown, _) | (_, Self::Any | Self::Dyn | Self::Unknown) => true,
            (Self::Null, Self::Object(_)) | (Self::Object(_), Self::Null) => true,
            (Self::List(one), Self::List(other)) => one.may_equal(*other),
            (Self::Map(key, value), Self::Map(other, held)) => key.may_equal(*other) && value.may_equal(*held),
            (one, other) => one == other,
        }
    }

    pub(super) fn has_size(self) -> bool {
        let sized = matches!(self, Self::Text | Self::Bytes | Self::List(_) | Self::Map(..));
        sized || matches!(self, Self::Any | Self::Dyn | Self::Unknown)
    }
}

pub(super) const TEXTS: Type = Type::List(&Type::Text);

pub(super) const REQUEST: &[(&str, Type)] = &[
    ("resourceAttributes", Type::Object(RESOURCE)),
    ("nonResourceAttributes", Type::Object(&[("path", Type::Text), ("verb", Type::Text)])),
    ("user", Type::Text),
    ("groups", TEXTS),
    ("extra", Type::Map(&Type::Text, &TEXTS)),
    ("uid", Type::Text),
];

pub(super) const RESOURCE: &[(&str, Type)] = &[
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
pub(super) const SELECTOR: &[(&str, Type)] =
    &[("rawSelector", Type::Text), ("requirements", Type::List(&Type::Object(REQUIREMENT)))];

pub(super) const REQUIREMENT: &[(&str, Type)] = &[("key", Type::Text), ("operator", Type::Text), ("values", TEXTS)];

pub(super) const USER: &[(&str, Type)] =
    &[("username", Type::Text), ("uid", Type::Text), ("groups", TEXTS), ("extra", Type::Map(&Type::Text, &TEXTS))];
