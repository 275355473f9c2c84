//! Whether an issuer can make users or groups of the names that are the system's.
//!
//! A name comes of a claim behind a prefix, or of an expression, and a rule about users may refuse whoever would have it
//! (apiserver plugin/pkg/authenticator/token/oidc/oidc.go, `AuthenticateToken`, 1.30 to 1.36). Both are run on a few names of
//! the system and on one that is nobody's: what refuses everybody refuses the system for a reason that is not known here.

use super::{Issuer, Mapping};
use crate::configuration::cel::eval::{Condition, Fail, Value};

/// Whose names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Users,
    Groups,
}

impl Of {
    /// Names that mean something to the server or to the roles that it makes.
    fn of_the_system(self) -> [&'static str; 3] {
        match self {
            Self::Users => ["system:admin", "system:node:a", "system:serviceaccount:kube-system:default"],
            Self::Groups => ["system:masters", "system:nodes", "system:serviceaccounts"],
        }
    }
}

/// What becomes of one token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is a user without a name of the system.
    Harmless,
    Refused,
    LetIn,
    /// Something is not followed here.
    Unknown,
}

impl Issuer {
    /// A name of the system that comes through where a token claims it, or that none does; `None` where that is not followed.
    pub fn lets_through(&self, of: Of) -> Option<Option<&'static str>> {
        let fates = of.of_the_system().map(|name| (name, self.fate(of, name)));
        if let Some((name, _)) = fates.iter().find(|(_, fate)| *fate == Fate::LetIn) {
            return Some(Some(name));
        }
        if fates.iter().any(|(_, fate)| *fate == Fate::Unknown) {
            return None;
        }
        let refused = fates.iter().any(|(_, fate)| *fate == Fate::Refused);
        (!refused || self.takes("ann", &["team".to_owned()]) == Some(true)).then_some(None)
    }

    fn fate(&self, of: Of, name: &str) -> Fate {
        let (mapping, lists) = match of {
            Of::Users => (&self.username, false),
            Of::Groups => (&self.groups, true),
        };
        let Some(names) = mapping.as_ref().map_or(Some(Vec::new()), |mapping| mapping.makes(name, lists)) else {
            return Fate::Unknown;
        };
        let Some(own) = names.iter().find(|name| name.starts_with("system:")) else { return Fate::Harmless };
        let taken = match of {
            _ if self.user_rules.is_empty() => Some(true),
            Of::Users => self.rules_take(own, &[]),
            Of::Groups => self.mapped_user("ann").and_then(|user| self.rules_take(&user, &names)),
        };
        match taken {
            Some(true) => Fate::LetIn,
            Some(false) => Fate::Refused,
            None => Fate::Unknown,
        }
    }

    /// Whether the rules take somebody who claims this name and these groups.
    fn takes(&self, user: &str, groups: &[String]) -> Option<bool> {
        let made =
            groups.iter().map(|group| self.groups.as_ref().map_or(Some(Vec::new()), |one| one.makes(group, true)));
        let groups: Vec<String> = made.collect::<Option<Vec<_>>>()?.concat();
        self.rules_take(&self.mapped_user(user)?, &groups)
    }

    fn mapped_user(&self, claim: &str) -> Option<String> {
        self.username.as_ref()?.makes(claim, false)?.into_iter().next()
    }

    /// Whether the rules about users take one; a rule that cannot be evaluated refuses as well.
    fn rules_take(&self, user: &str, groups: &[String]) -> Option<bool> {
        let user = Value::object(vec![
            ("username", Value::text(user)),
            ("uid", Value::text("")),
            ("groups", Value::texts(groups)),
            ("extra", Value::object(Vec::new())),
        ]);
        let held = self.user_rules.iter().map(|rule| match &rule.expression {
            Some(expression) => Condition::new(&expression.value).holds("user", &user),
            None => Err(Fail::Unknown),
        });
        let mut all = Some(true);
        for one in held {
            match one {
                Ok(true) => {}
                Ok(false) | Err(Fail::Error(_)) => return Some(false),
                Err(Fail::Unknown) => all = None,
            }
        }
        all
    }
}

impl Mapping {
    /// The names that come of a claim, or of whatever claims an expression names; `None` where that is not followed.
    fn makes(&self, claimed: &str, lists: bool) -> Option<Vec<String>> {
        let Some(expression) = &self.expression else {
            let prefix = self.prefix.as_ref().map_or("", |prefix| prefix.value.as_str());
            return Some(vec![format!("{prefix}{claimed}")]);
        };
        let condition = Condition::new(&expression.value);
        // A claim is a text or a list of texts, which only the provider knows.
        let shapes = if lists {
            vec![Value::texts(&[claimed.to_owned()]), Value::text(claimed)]
        } else {
            vec![Value::text(claimed)]
        };
        let made = shapes.into_iter().find_map(|shape| {
            let fields = self.names.iter().map(|name| match name.as_str() {
                "email_verified" => (name.as_str(), Value::Bool(true)),
                name => (name, shape.clone()),
            });
            condition.value("claims", &Value::object(fields.collect())).ok()
        })?;
        match made {
            Value::Text(name) => Some(vec![name]),
            Value::List(items) => items
                .into_iter()
                .map(|item| match item {
                    Value::Text(name) => Some(name),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }
}
