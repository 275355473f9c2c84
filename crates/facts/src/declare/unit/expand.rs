//! A command with its variables filled in, and the container that it may start.

use std::collections::BTreeMap;

use model::{Gap, Location, Version};

use super::{
    environment::{Environment, is_name},
    grammar::{Glyph, Token, specifiers, text_of, tokens_of_value},
    pieces::{Piece, at},
};
use crate::{
    Mount,
    declare::{
        Source,
        command::Program,
        pod::image_version,
        runtime::{self, Run},
        shell::Variable,
    },
};

/// A word once variables are in it.
pub(super) struct Expanded {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) at: Location,
    pub(super) gap: Option<Gap>,
}

/// Replaces variables as `replace_env_argv` does: `$NAME` as a whole word splits, `${NAME}` anywhere does not, `$$` is a
/// dollar sign, and `$NAME` inside a word stays.
pub(super) fn expand(
    tokens: &[Token],
    environment: &Environment,
    texts: &[Piece<'_>],
    source: &Source<'_>,
    open: &mut Option<Gap>,
) -> Vec<Expanded> {
    let mut words = Vec::new();
    for token in tokens {
        let here = at(texts, source, token.text, token.start, token.end);
        let (glyphs, mut gap) = match specifiers(&token.glyphs) {
            Ok(glyphs) => (glyphs, None),
            Err(gap) => (token.glyphs.clone(), Some(gap)),
        };
        let text = text_of(&glyphs);
        if let Some(name) = text.strip_prefix('$').filter(|name| is_name(name)) {
            match environment.get(name, &text) {
                Ok(value) => {
                    // A value is split with quotes and without the escapes of C, and taken as far as it goes.
                    for word in tokens_of_value(value.unwrap_or_default()) {
                        let at = at(texts, source, word.text, word.start, word.end);
                        words.push(Expanded { glyphs: word.glyphs, at, gap: None });
                    }
                }
                Err(gap) => {
                    // It may be any number of words; what stands before it may be written again.
                    open.get_or_insert_with(|| gap.clone());
                    words.push(Expanded { glyphs, at: here, gap: Some(gap) });
                }
            }
            continue;
        }
        let mut expanded = Vec::with_capacity(glyphs.len());
        let mut index = 0;
        while let Some(glyph) = glyphs.get(index) {
            let next = glyphs.get(index + 1).map(|next| next.is);
            match (glyph.is, next) {
                ('$', Some('$')) => {
                    expanded.push(*glyph);
                    index += 1;
                }
                ('$', Some('{')) => match glyphs[index..].iter().position(|glyph| glyph.is == '}') {
                    Some(length) => {
                        let name = text_of(&glyphs[index + 2..index + length]);
                        let written = &glyphs[index..=index + length];
                        match environment.get(&name, &text_of(written)) {
                            Ok(value) => expanded.extend(value.unwrap_or_default()),
                            Err(why) => {
                                gap.get_or_insert(why);
                                expanded.extend(written);
                            }
                        }
                        index += length;
                    }
                    None => expanded.push(*glyph),
                },
                _ => expanded.push(*glyph),
            }
            index += 1;
        }
        words.push(Expanded { glyphs: expanded, at: here, gap });
    }
    words
}

/// What a container runtime that the unit calls puts around the component.
#[derive(Default)]
pub(super) struct Container {
    pub(super) is_one: bool,
    pub(super) mounts: Vec<Mount>,
    pub(super) variables: BTreeMap<String, Variable>,
    pub(super) version: Option<(Version, Location)>,
}

impl Container {
    /// The words from the runtime to the image, as systemd hands them over.
    pub(super) fn of(
        program: Program,
        before: &[Token],
        environment: &Environment,
        texts: &[Piece<'_>],
        source: &Source<'_>,
    ) -> Self {
        // A variable that nobody can read holds more options, which is no reason to doubt the component's own words.
        let words = expand(before, environment, texts, source, &mut None);
        let texts: Vec<String> = words.iter().map(|word| text_of(&word.glyphs)).collect();
        let run = runtime::run(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let Some(Run { image, mounts, variables, .. }) = run else {
            return Self { is_one: true, ..Self::default() };
        };
        let image = words.get(image).zip(texts.get(image)).filter(|(word, _)| word.gap.is_none());
        let version = image.and_then(|(word, text)| Some((image_version(program, text)?, word.at.clone())));
        let known = environment.variables();
        let value = |name: &str, value: Option<String>| match value {
            Some(value) => Variable::Known(value),
            None => known.get(name).cloned().unwrap_or(Variable::Unknown),
        };
        let variables = variables
            .into_iter()
            .map(|(name, given)| {
                let value = value(&name, given);
                (name, value)
            })
            .collect();
        Self { is_one: true, mounts, variables, version }
    }
}
