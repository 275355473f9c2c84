//! Whether an expression of CEL, the language of conditions in configuration files, could be one that compiles.
//!
//! The server compiles each expression when it starts and exits where one does not compile. This reads the grammar
//! (cel-spec, doc/langdef.md) and knows the types of what the server declares, which is enough for the mistakes that
//! people make: a broken expression, a name or field that is not there, a condition that is no boolean. It does not know
//! the signatures of functions, so an expression that passes here may still be refused; one that is refused here is
//! refused by the server. What is too deep or too new to follow passes.
//!
//! Start at [`check`], and at [`eval`] for what an expression says of a request.

mod check;
pub(super) mod eval;
mod kind;
mod syntax;
mod token;

use std::collections::BTreeSet;

use check::Types;
use kind::Type;
use syntax::{Stop, parse};

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
    let mut types = Types::new(variable, &mut checked.fields);
    let fault = match types.of(&parsed) {
        Err(fault) => Some(fault),
        Ok(Type::Bool | Type::Unknown) => None,
        Ok(_) if condition => Some("it is no condition: it has to be true or false".to_owned()),
        Ok(_) => None,
    };
    Checked { fault, ..checked }
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
