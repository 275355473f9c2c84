//! Units, files of variables and files of arguments.

use super::*;

/// Plans one change at the first `place` in the text, and makes it.
fn changed(text: &str, place: &str, form: Form, setting: &str, to: Option<&str>) -> Result<String, String> {
    changed_at(text, (span_of(text, place), ""), form, setting, to)
}

const UNIT: &str =
    "[Service]\nExecStart=/usr/bin/k \\\n  --a=1 \\\n  # why\n  --x=true \\\n  --b \\\n  --y=2\nType=notify\n";

#[test]
fn a_word_of_a_unit_gets_another_value() {
    for (before, place, to, after) in [
        ("ExecStart=k --x=true --y", "--x=true", "false", "ExecStart=k --x=false --y"),
        ("ExecStart=k \"--x=true\" --y", "--x=true", "false", "ExecStart=k \"--x=false\" --y"),
        ("ExecStart=k --x=\"a\"", "--x=\"a\"", "b,c", "ExecStart=k --x=\"b,c\""),
        ("ExecStart=k --x --y", "--x", "false", "ExecStart=k --x=false --y"),
        ("ExecStart=k --x_y=1 \\\n", "--x_y=1", "2", "ExecStart=k --x_y=2 \\\n"),
        ("ExecStart=k --x 30s --y", "30s", "1m", "ExecStart=k --x 1m --y"),
        ("ExecStart=k --x=\r\n", "--x=", "1", "ExecStart=k --x=1\r\n"),
        ("ExecStart=sh -c 'exec k --x=true --y'", "--x=true", "false", "ExecStart=sh -c 'exec k --x=false --y'"),
        ("Environment=\"A=--x=true --y\"", "--x=true", "false", "Environment=\"A=--x=false --y\""),
        ("Environment=\"A=--x 7\"", "7", "8", "Environment=\"A=--x 8\""),
    ] {
        let (before, after) = (format!("[Service]\n{before}\n"), format!("[Service]\n{after}\n"));
        let setting = if place.contains('_') { "--x-y" } else { "--x" };
        for form in [Form::Line, Form::Script] {
            assert_eq!(changed(&before, place, form, setting, Some(to)).as_deref(), Ok(&*after));
        }
        // Made again it changes nothing.
        if place == "--x=true" {
            assert!(changed(&after, "--x=false", Form::Line, setting, Some(to)).is_err());
        }
    }
}

#[test]
fn a_word_of_a_unit_goes_and_its_line_goes_on() {
    let without = |place: &str, setting: &str| changed(UNIT, place, Form::Line, setting, None).unwrap();
    assert_eq!(without("--x=true", "--x"), UNIT.replace("  --x=true \\\n", ""));
    assert_eq!(without("--a=1", "--a"), UNIT.replace("  --a=1 \\\n", ""));
    // The last one takes the backslash before it along.
    assert_eq!(without("--y=2", "--y"), UNIT.replace(" \\\n  --y=2", ""));
    for (before, place, after) in [
        ("ExecStart=k --x=1", "--x=1", "ExecStart=k"),
        ("ExecStart=k  --x=1 --y", "--x=1", "ExecStart=k --y"),
        ("ExecStart=k \\\n  --x=1 --y \\\n  --z", "--x=1", "ExecStart=k \\\n  --y \\\n  --z"),
        ("ExecStart=k \\\n  --y --x=1 \\\n  --z", "--x=1", "ExecStart=k \\\n  --y \\\n  --z"),
        ("ExecStart=k \\\n  --y \\\n  # last\n  --x=1", "--x=1", "ExecStart=k \\\n  --y\n  # last"),
        ("ExecStart=k \\\n  --y \\\n  --x=1 \\\n", "--x=1", "ExecStart=k \\\n  --y \\\n"),
        ("ExecStart=k \"--x=a\" --y", "--x=a", "ExecStart=k --y"),
        ("ExecStart=k --x 1 --y", "1", "ExecStart=k --y"),
        ("ExecStart=sh -c \"k --y --x=1\"", "--x=1", "ExecStart=sh -c \"k --y\""),
        ("Environment=\"A=--x=1\" B=c", "--x=1", "Environment=\"A=\" B=c"),
        ("Environment=\"A=--x=1 --y\"", "--x=1", "Environment=\"A=--y\""),
    ] {
        let (before, after) = (format!("[Service]\n{before}"), format!("[Service]\n{after}"));
        assert_eq!(changed(&before, place, Form::Line, "--x", None).as_deref(), Ok(&*after), "{before}");
        let windows = |text: &str| text.replace('\n', "\r\n");
        let ended = [windows(&before), "\r\n".to_owned()].concat();
        let expected = [windows(&after), "\r\n".to_owned()].concat();
        assert_eq!(changed(&ended, place, Form::Line, "--x", None), Ok(expected), "{before}");
    }
}

#[test]
fn a_new_word_continues_the_command() {
    for (before, place, after) in [
        ("ExecStart=k --a", "k --a", "ExecStart=k --a --x=1"),
        ("ExecStart=k \\\n  --a \\\n  --b", "k \\\n  --a \\\n  --b", "ExecStart=k \\\n  --a \\\n  --b \\\n  --x=1"),
        ("ExecStart=k \\\n\t--a \\\n\n", "k \\\n\t--a", "ExecStart=k \\\n\t--a \\\n\t--x=1 \\\n\n"),
        ("ExecStart=k \\\n  --a ; y", "k \\\n  --a", "ExecStart=k \\\n  --a \\\n  --x=1 ; y"),
        ("Environment=\"A=--y\"", "--y", "Environment=\"A=--y --x=1\""),
        ("ExecStart=k \"--a b\"", "k \"--a b\"", "ExecStart=k \"--a b\" --x=1"),
    ] {
        let (before, after) = (format!("[Service]\n{before}\n"), format!("[Service]\n{after}\n"));
        assert_eq!(changed(&before, place, Form::Lines, "--x", Some("1")).as_deref(), Ok(&*after));
        let windows = |text: &str| text.replace('\n', "\r\n");
        let found = changed(&windows(&before), &windows(place), Form::Lines, "--x", Some("1"));
        assert_eq!(found, Ok(windows(&after)));
    }
}

#[test]
fn a_variable_keeps_its_quotes() {
    for (before, place, to, after) in [
        ("# c\nA=\"--x=1 --y\"\nB=2\n", "--x=1", Some("2"), "# c\nA=\"--x=2 --y\"\nB=2\n"),
        ("A=\"--y --x=1\"\n", "--x=1", None, "A=\"--y\"\n"),
        ("A=\"--x=1 --y\"\n", "--x=1", None, "A=\"--y\"\n"),
        ("A=\"--x=1\"\n", "--x=1", None, "A=\"\"\n"),
        ("A=--x=1\n", "--x=1", None, "A=\n"),
        ("A=--x=1 --y\n", "--x=1", None, "A=--y\n"),
        ("A=\"--y \\\n--x=1 \\\n--z\"\n", "--x=1", None, "A=\"--y \\\n--z\"\n"),
        ("A=\"--y \\\n  --x=1\"\n", "--x=1", None, "A=\"--y\"\n"),
        ("A=\"--x=1 \\\n  --y\"\n", "--x=1", None, "A=\" \\\n  --y\"\n"),
        ("export A='--x=1'\n", "--x=1", Some("2"), "export A='--x=2'\n"),
    ] {
        assert_eq!(changed(before, place, Form::Line, "--x", to).as_deref(), Ok(after), "{before}");
    }
    for (before, place, after) in [
        ("A=\"--y\"\n", "--y", "A=\"--y --x=1\"\n"),
        ("A=--y\n", "--y", "A=--y --x=1\n"),
        ("A=\"--y \\\n  --z\"\n", "--y \\\n  --z", "A=\"--y \\\n  --z \\\n  --x=1\"\n"),
    ] {
        assert_eq!(changed(before, place, Form::Lines, "--x", Some("1")).as_deref(), Ok(after), "{before}");
    }
}

#[test]
fn arguments_stand_on_lines_of_their_own() {
    let before = "# c\n--a=1\n--x=true\n\n--b=2 --c\n";
    let one = |place: &str, form, setting: &str, to| changed(before, place, form, setting, to).unwrap();
    assert_eq!(one("--x=true", Form::Line, "--x", Some("false")), before.replace("true", "false"));
    assert_eq!(one("--x=true", Form::Line, "--x", None), before.replace("--x=true\n", ""));
    assert_eq!(one("--b=2", Form::Line, "--b", None), before.replace("--b=2 ", ""));
    assert_eq!(one("--b=2 --c", Form::Lines, "--y", Some("1")), before.replace("--c\n", "--c\n--y=1\n"));
    let unended = "--a=1\n--x=1";
    assert_eq!(changed(unended, "--x=1", Form::Line, "--x", None).as_deref(), Ok("--a=1"));
    assert_eq!(changed(unended, "--x=1", Form::Lines, "--y", Some("1")).as_deref(), Ok("--a=1\n--x=1\n--y=1"));
    assert!(changed("--x=1\n", "--x=1", Form::Line, "--x", None).is_err());
}

#[test]
fn what_is_quoted_in_parts_or_computed_is_left_to_a_person() {
    for (line, place, form, to) in [
        ("k --x=${A} --y", "--x=${A}", Form::Line, Some("1")),
        ("k --x=%i --y", "--x=%i", Form::Line, None),
        ("k --x='a b' --y", "--x='a b'", Form::Line, Some("1")),
        ("k --x=a\\x20b", "--x=a\\x20b", Form::Line, Some("1")),
        ("k --x --y", "--x", Form::Line, Some("a b")),
        ("k --x --y", "--x", Form::Line, Some("$A")),
        ("k --x y", "--x", Form::Line, None),
        ("k --z --y", "--z", Form::Line, Some("1")),
        ("k --x=1", "--x=1", Form::Line, Some("1")),
        ("k --x=a,b --x=c", "--x=c", Form::Line, Some("d")),
        ("k --a -- b", "k --a -- b", Form::Lines, Some("1")),
        ("k --x=1", "", Form::Line, Some("2")),
        ("k $A\nEnvironment=\"A=--x 7\"", "7", Form::Line, None),
        ("k $A\nEnvironment=A='--x 7'", "7", Form::Line, None),
    ] {
        let unit = format!("[Service]\nExecStart={line}\n");
        let refused = changed(&unit, place, form, "--x", to);
        assert!(refused.as_ref().is_err_and(|reason| !reason.is_empty()), "{line}: {refused:?}");
    }
}
