//! Whether an expression of CEL, the language of conditions in configuration files, is one that compiles.
//!
//! The server compiles each expression when it starts and exits where one does not compile. This reads the grammar
//! (cel-spec, doc/langdef.md; cel-go parser/gen/CEL.g4), checks types as the server's checker does, with the functions of
//! the release, and looks at literals as its validators do. What nests too deep to follow passes.
//!
//! Start at [`check()`], and at [`eval`] for what an expression says of a request.

mod check;
pub(super) mod eval;
mod functions;
mod kind;
mod syntax;
mod token;
mod validate;

use std::collections::BTreeSet;

use super::decode::Decoder;
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

impl Variable {
    fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Claims => "claims",
            Self::User => "user",
        }
    }
}

/// What a server declares to an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Environment {
    variable: Variable,
    /// The minor of release 1 whose functions there are.
    minor: u16,
    /// Whether requests have selectors.
    selectors: bool,
}

impl Environment {
    pub(super) fn new(variable: Variable, decoder: &Decoder<'_>) -> Self {
        // The releases that brought functions.
        let minor = [34, 33, 32, 31, 30].into_iter().find(|minor| decoder.since(*minor)).unwrap_or(29);
        // Off by default in 1.31, its first release.
        let selectors = decoder.since(31) && decoder.around.gate("AuthorizeWithSelectors", decoder.since(32));
        Self { variable, minor, selectors }
    }
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
pub(super) fn check(expression: &str, environment: Environment, condition: bool) -> Checked {
    let mut checked = Checked::default();
    let parsed = match parse(expression) {
        Ok(parsed) => parsed,
        Err(Stop::Fault(fault)) => return Checked { fault: Some(fault), ..checked },
        Err(Stop::TooDeep) => return checked,
    };
    let mut types = Types::new(environment, &mut checked.fields);
    let fault = match types.whole(&parsed) {
        Err(Stop::Fault(fault)) => Some(fault),
        Err(Stop::TooDeep) | Ok(Type::Bool) => None,
        Ok(_) if condition => Some("it is no condition: it has to be true or false".to_owned()),
        Ok(_) => None,
    };
    let fault = fault.or_else(|| validate::fault(&parsed));
    Checked { fault, ..checked }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(variable: Variable, minor: u16) -> Environment {
        Environment { variable, minor, selectors: minor > 31 }
    }

    fn compiles(expression: &str, variable: Variable, condition: bool) -> bool {
        check(expression, within(variable, 36), condition).fault.is_none()
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

    /// Answers of kube-apiserver 1.36.2, which was started with each of them.
    #[test]
    fn functions_take_what_they_are_declared_to_take() {
        for expression in [
            "['a'].sort()[0] == request.user.find('[a-z]+')",
            "[,].all(k, has(request.uid))",
            "null > null",
            "request.user.substring(1, 2).charAt(0) in request.groups.map(g, g != '', g.trim())",
            "timestamp('2020-01-01T00:00:00Z') + duration('1h') < timestamp(0)",
            "request.?user.optMap(u, u == 'alice').orValue(false)",
            "request.groups.exists(i, g, i > 0 && g == 'x')",
            "request.groups.exists_one(i, g, i == 0) || request.groups.existsOne(i, g, g == 'x')",
            "request.extra.transformMap(k, v, v.size()).k == 1",
            "request.groups.sortBy(g, g.size())[0] == 'x'",
            "[1, 2].map(x, x * 2).sum() == 6 && [0.5].max() < 1",
            "type(request.user) == string && type(type(1)) == type",
            "ip('::1').family() == 6 && cidr('10.0.0.0/8').containsIP('10.0.0.1')",
            "semver('1.2.3').major() == 1 && quantity('1Ki').isGreaterThan(quantity('1'))",
            "'%s %d %.2f %x'.format(['a', 1, 1.5, 'b']) == ''",
            "has({'a': 1}.a) && {'a': 1, ?'b': optional.of(2)}.size() == 2",
            "[?optional.of('a'), 'b'] == ['a', 'b']",
            "'\\u00e9' == 'é' && b'\\xff' == bytes('é') && '''\na''' != ''",
            "request.user in {'a': 1} && 1u < 2 && 1 < 1.5",
            "int('3') == 3 && double('1.5') > 1.0 && bool('true')",
        ] {
            assert!(compiles(expression, Variable::Request, true), "{expression}");
        }
        for expression in [
            "request.user.reverse() == ''",
            "request.user.quote() == ''",
            "request.groups.existsOne(g, g == 'x')",
            "request.groups.first() == 'x'",
            "timestamp('2020-01-01') < timestamp(0)",
            "duration('1d') == duration('1h')",
            "'%v'.format([1]) == ''",
            "'%d'.format(['a']) == ''",
            "'%s %s'.format(['a']) == ''",
            "'%s'.format(['a', 'b']) == ''",
            "matches('(', 'a')",
            "int('x') == 1",
            "uint(-1) == 1u",
            "bool('maybe')",
            "0X10 == 16",
            "'\\z' == 'z'",
            "request.user\u{a0}== 'a'",
            "request.`user` == 'a'",
            "9223372036854775808 == 1",
            "request.user.lastIndexOf(5u) == 1",
            "3.isSorted()",
            "duration('1h') < request.user",
            "[dyn(1), 'a'].size() == 2 && [1, dyn('a')] == []",
            "request.groups.exists(x, x, x == 'a')",
            "request.groups.exists(in, true)",
            "[].exists(x, {}.y(x))",
            "request.groups.join(1) == ''",
            "authorizer.path('/x').check('get').allowed()",
            "request.in == 'a'",
            "dyn(request.user)",
        ] {
            assert!(!compiles(expression, Variable::Request, true), "{expression}");
        }
        // What came when: apiserver pkg/cel/environment/base.go.
        for (expression, since) in [
            ("ip('::1').family() == 6", 30),
            ("format.dns1123Label().validate('a').hasValue()", 31),
            ("request.groups.exists(i, g, i > 0)", 32),
            ("has(request.resourceAttributes.labelSelector)", 32),
            ("semver('1.0.0').minor() == 0", 33),
            ("['a'].sort() == ['a']", 34),
        ] {
            for minor in 29..=36 {
                let fault = check(expression, within(Variable::Request, minor), true).fault;
                assert_eq!(fault.is_none(), minor >= since, "{expression} in 1.{minor}: {fault:?}");
            }
        }
        // Types that name others twice as often at each level take no longer.
        let doubled = (0..30).fold("1".to_owned(), |inner, _| format!("[{inner}].map(x, {{'a': x}})[0]"));
        let _ = compiles(&format!("{doubled} == {doubled}"), Variable::Request, true);
        let empty = format!("[{}].size() == 1", "[],".repeat(20_000));
        assert!(compiles(&empty, Variable::Request, true));
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
        assert!(!compiles("!!claims.email_verified", Variable::Claims, true));
        assert!(compiles("!claims.email_verified", Variable::Claims, true));
        assert!(compiles("claims.email_verified == true", Variable::Claims, true));
        assert!(compiles("!user.username.startsWith('system:')", Variable::User, true));
        assert!(!compiles("!user.name.startsWith('system:')", Variable::User, true));
        let fields =
            check("claims.email + string(has(claims.email_verified))", within(Variable::Claims, 36), false).fields;
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
