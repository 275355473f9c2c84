//! Quantities (apiserver pkg/cel/library/quantity.go over apimachinery pkg/api/resource/quantity.go, 1.29 to 1.36).
//!
//! The server holds most of them as a whole number of 64 bits and a power of ten, and the rest as decimals of any length;
//! which of the two a quantity is decides whether it counts as an integer.

use std::cmp::Ordering;

use crate::{
    configuration::cel::eval::{Evaluated, Fail, Value, error},
    pflag::quantity::Parsed,
};

/// An amount times a power of ten.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::configuration) struct Quantity {
    amount: i128,
    scale: i32,
    /// Whether the server holds it as a whole number of 64 bits.
    small: bool,
}

impl Quantity {
    /// `None` for a text that is no quantity.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, Fail> {
        match Parsed::of(text) {
            None => Ok(None),
            Some(Parsed::Zero) => Ok(Some(Self { amount: 0, scale: 0, small: true })),
            Some(Parsed::TooLarge) => Err(Fail::Unknown),
            Some(Parsed::Amount { mut amount, mut scale, small, binary, negative }) => {
                if !small {
                    // Less than a billionth is rounded up to one.
                    while scale < -9 {
                        amount = amount.div_euclid(10) + i128::from(amount.rem_euclid(10) != 0);
                        scale += 1;
                    }
                    let most = Self { amount: i128::from(i64::MAX), scale: 0, small: false };
                    let read = Self { amount, scale, small };
                    if binary && read.compare(most)? == Ordering::Greater {
                        (amount, scale) = (most.amount, most.scale);
                    }
                }
                Ok(Some(Self { amount: if negative { -amount } else { amount }, scale, small }))
            }
        }
    }

    pub(super) fn compare(self, other: Self) -> Result<Ordering, Fail> {
        let (one, other, _) = self.aligned(other).ok_or(Fail::Unknown)?;
        Ok(one.cmp(&other))
    }

    /// Both amounts at the smaller scale.
    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let scale = self.scale.min(other.scale);
        let at = |quantity: Self| {
            let places = u32::try_from(quantity.scale - scale).ok()?;
            if quantity.amount == 0 { Some(0) } else { quantity.amount.checked_mul(10_i128.checked_pow(places)?) }
        };
        Some((at(self)?, at(other)?, scale))
    }

    fn plus(self, other: Self) -> Result<Self, Fail> {
        if self.small && other.small {
            if other.amount == 0 {
                return Ok(self);
            }
            if self.amount == 0 {
                return Ok(other);
            }
        }
        let (one, two, scale) = self.aligned(other).ok_or(Fail::Unknown)?;
        let amount = one.checked_add(two).ok_or(Fail::Unknown)?;
        let fits = [one, two, amount].into_iter().all(|part| i64::try_from(part).is_ok());
        Ok(Self { amount, scale, small: self.small && other.small && fits })
    }

    fn negated(self) -> Self {
        Self { amount: -self.amount, ..self }
    }

    fn whole(self) -> Option<i64> {
        let places = u32::try_from(self.scale).ok().filter(|_| self.small)?;
        i64::try_from(self.amount).ok()?.checked_mul(10_i64.checked_pow(places)?)
    }

    /// What is called on it.
    pub(super) fn method(self, name: &str, arguments: &[Value]) -> Evaluated {
        let other = match arguments {
            [Value::Quantity(other)] => Some(*other),
            [Value::Int(number)] if matches!(name, "add" | "sub") => {
                Some(Self { amount: i128::from(*number), scale: 0, small: true })
            }
            _ => None,
        };
        match (name, other) {
            ("isInteger", None) => Ok(Value::Bool(self.whole().is_some())),
            ("asInteger", None) => {
                self.whole().map_or_else(|| error("the quantity is no integer"), |held| Ok(Value::Int(held)))
            }
            #[expect(clippy::cast_precision_loss, reason = "as the server has it")]
            ("asApproximateFloat", None) if self.small => {
                let power: f64 = format!("1e{}", self.scale).parse().map_err(|_| Fail::Unknown)?;
                Ok(Value::Double(if self.scale == 0 { self.amount as f64 } else { self.amount as f64 * power }))
            }
            ("add", Some(other)) => self.plus(other).map(Value::Quantity),
            ("sub", Some(other)) => self.plus(other.negated()).map(Value::Quantity),
            ("isGreaterThan", Some(other)) => Ok(Value::Bool(self.compare(other)?.is_gt())),
            ("isLessThan", Some(other)) => Ok(Value::Bool(self.compare(other)?.is_lt())),
            ("compareTo", Some(other)) => Ok(Value::Int(match self.compare(other)? {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            })),
            _ => Err(Fail::Unknown),
        }
    }

    pub(super) fn sign(self) -> i64 {
        i64::try_from(self.amount.signum()).unwrap_or_default()
    }
}
