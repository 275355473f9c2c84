//! Unification: whether one type can stand where another is wanted, and what is found out of open types by it.

use super::{
    super::{kind::Type, syntax::Stop},
    Typed, Types,
};

impl Types<'_> {
    pub(super) fn take_back(&mut self, mark: usize) {
        while self.trail.len() > mark {
            if let Some((at, before)) = self.trail.pop()
                && let Some(place) = self.found.get_mut(at)
            {
                *place = before;
            }
        }
    }

    fn bind(&mut self, at: usize, kind: Type) {
        if let Some(place) = self.found.get_mut(at) {
            let before = place.replace(kind);
            self.trail.push((at, before));
        }
    }

    /// Whether a value of one type can stand where the other is wanted; what is found out by it is kept if so.
    pub(super) fn goes(&mut self, one: &Type, other: &Type) -> Result<bool, Stop> {
        let mark = self.trail.len();
        let goes = self.unifies(one, other)?;
        if !goes {
            self.take_back(mark);
        }
        Ok(goes)
    }

    fn unifies(&mut self, one: &Type, other: &Type) -> Result<bool, Stop> {
        self.pay()?;
        self.depth += 1;
        let unifies = self.unifies_within(one, other);
        self.depth -= 1;
        unifies
    }

    fn unifies_within(&mut self, one: &Type, other: &Type) -> Result<bool, Stop> {
        if let Type::Param(at) = other {
            let (valid, known) = self.stands_for(one, *at)?;
            if valid || known {
                return Ok(valid);
            }
        }
        if let Type::Param(at) = one {
            return Ok(self.stands_for(other, *at)?.0);
        }
        Ok(match (one, other) {
            (one, other) if one.is_dyn() || other.is_dyn() => true,
            (Type::Null, other) => other.takes_null(),
            (one, Type::Null) => one.takes_null(),
            (Type::Kind(_), Type::Kind(_)) => true,
            (Type::List(one), Type::List(other)) | (Type::Optional(one), Type::Optional(other)) => {
                self.unifies(one, other)?
            }
            (Type::Map(key, value), Type::Map(other, held)) => {
                self.unifies(key, other)? && self.unifies(value, held)?
            }
            (one, other) => one == other,
        })
    }

    /// Whether an open type can be this one, and whether something was known of it.
    fn stands_for(&mut self, kind: &Type, at: usize) -> Result<(bool, bool), Stop> {
        if matches!(kind, Type::Param(same) if *same == at) {
            return Ok((true, true));
        }
        if let Some(known) = self.found.get(at).cloned().flatten() {
            if *kind == known {
                return Ok((true, true));
            }
            if !self.unifies(kind, &known)? {
                return Ok((false, true));
            }
            let general = if kind.is_as_general_as(&known) { kind.clone() } else { known };
            if !self.occurs(at, &general)? {
                self.bind(at, general);
            }
            return Ok((true, true));
        }
        if self.occurs(at, kind)? {
            return Ok((false, false));
        }
        self.bind(at, kind.clone());
        Ok((true, false))
    }

    fn occurs(&mut self, at: usize, within: &Type) -> Result<bool, Stop> {
        self.pay()?;
        self.depth += 1;
        let occurs = match within {
            Type::Param(same) if *same == at => true,
            Type::Param(other) => match self.found.get(*other).cloned().flatten() {
                Some(known) => self.occurs(at, &known)?,
                None => false,
            },
            Type::List(inner) | Type::Optional(inner) | Type::Kind(inner) => self.occurs(at, inner)?,
            Type::Map(key, value) => self.occurs(at, key)? || self.occurs(at, value)?,
            _ => false,
        };
        self.depth -= 1;
        Ok(occurs)
    }

    /// A type with all that is known of it by now; what nothing is known of is dyn, in the end.
    pub(super) fn resolved(&mut self, kind: &Type, end: bool) -> Typed {
        self.pay()?;
        self.depth += 1;
        let resolved = match kind {
            Type::Param(at) => match self.found.get(*at).cloned().flatten() {
                Some(known) => self.resolved(&known, end)?,
                None if end => Type::Dyn,
                None => kind.clone(),
            },
            Type::List(inner) => Type::list(self.resolved(inner, end)?),
            Type::Optional(inner) => Type::optional(self.resolved(inner, end)?),
            Type::Kind(inner) => Type::kind(self.resolved(inner, end)?),
            Type::Map(key, value) => Type::map(self.resolved(key, end)?, self.resolved(value, end)?),
            _ => kind.clone(),
        };
        self.depth -= 1;
        Ok(resolved)
    }

    pub(super) fn settled(&mut self, kind: &Type) -> Typed {
        self.resolved(kind, true)
    }
}
