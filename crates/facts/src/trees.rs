//! Trees of the texts of one cluster, so that a text is parsed once however many look at it.

use std::{collections::BTreeMap, sync::Arc};

use model::{Evidence, EvidenceId};
use yaml::{Limits, Stream};

use crate::redact::parsable;

/// A text with more bytes is parsed again by each who looks at it, since its tree would wait beside those of other files.
const LARGEST: usize = 1 << 20;

/// What the parser made of texts when they were recognised; nothing is lost where there is none.
#[derive(Default)]
pub struct Trees(BTreeMap<EvidenceId, Arc<Stream>>);

impl Trees {
    /// Keeps the tree of the text that evidence of this name holds.
    pub fn keep(&mut self, id: EvidenceId, tree: Tree) {
        self.0.entry(id).or_insert(tree.0);
    }

    /// Those of this evidence, which nobody else wants any more.
    pub fn split(&mut self, evidence: &[Evidence]) -> Self {
        Self(evidence.iter().filter_map(|piece| self.0.remove_entry(&piece.id)).collect())
    }

    pub fn forget(&mut self, id: &EvidenceId) {
        self.0.remove(id);
    }

    pub fn get(&self, id: &EvidenceId) -> Option<&Arc<Stream>> {
        self.0.get(id)
    }

    /// The tree of the text that a piece of evidence holds, as a parser has to see it.
    pub(crate) fn of(&self, piece: &Evidence, text: &str) -> Arc<Stream> {
        self.get(&piece.id)
            .map_or_else(|| Arc::new(yaml::parse(&parsable(piece, text), &Limits::default())), Arc::clone)
    }
}

/// The tree of one text that has no secret, so that it is that of the evidence too.
pub struct Tree(Arc<Stream>);

impl Tree {
    pub(crate) fn of(text: &str, stream: Stream) -> Option<Self> {
        (text.len() <= LARGEST).then(|| Self(Arc::new(stream)))
    }
}
