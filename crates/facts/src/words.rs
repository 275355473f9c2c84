//! Texts that are asked for many words.
//!
//! Whether a text declares anything is told by the words that it has to hold, some hundred of them for all readers, and most texts
//! of a large folder hold none. Looking for each would read a text a hundred times over; [`Words`] reads it once.

use std::sync::Arc;

/// A text that can be asked for a word.
pub(crate) trait Text {
    fn text(&self) -> &str;

    fn contains(&self, word: &str) -> bool {
        self.text().contains(word)
    }

    /// Whether the word is not there for sure, as far as that is known without a look at the text.
    fn surely_lacks(&self, _word: &str) -> bool {
        false
    }
}

impl Text for str {
    fn text(&self) -> &str {
        self
    }
}

impl Text for Arc<str> {
    fn text(&self) -> &str {
        self
    }
}

impl<T: Text + ?Sized> Text for &T {
    fn text(&self) -> &str {
        (*self).text()
    }

    fn contains(&self, word: &str) -> bool {
        (*self).contains(word)
    }

    fn surely_lacks(&self, word: &str) -> bool {
        (*self).surely_lacks(word)
    }
}

/// A text with what three bytes follow one another anywhere in it. A word of which it lacks three is not in it; of others it is
/// looked for.
pub(crate) struct Words<'t> {
    text: &'t str,
    threes: Box<[u64; SLOTS / 64]>,
}

/// Of 2^24 threes many share a slot, which only means that a word is looked for in vain.
const SLOTS: usize = 1 << 15;

/// The slot of the three bytes that end with this one, by the slot of those that end before it: five bits a byte are as much as
/// goes out behind the third.
fn next(slot: usize, byte: u8) -> usize {
    (slot << 5 ^ usize::from(byte)) % SLOTS
}

impl<'t> Words<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let mut threes = Box::new([0; SLOTS / 64]);
        let mut slot = 0;
        for byte in text.bytes() {
            slot = next(slot, byte);
            threes[slot / 64] |= 1 << (slot % 64);
        }
        Self { text, threes }
    }
}

impl Text for Words<'_> {
    fn text(&self) -> &str {
        self.text
    }

    fn contains(&self, word: &str) -> bool {
        !self.surely_lacks(word) && self.text.contains(word)
    }

    fn surely_lacks(&self, word: &str) -> bool {
        let mut slot = 0;
        for (index, byte) in word.bytes().enumerate() {
            slot = next(slot, byte);
            if index >= 2 && self.threes[slot / 64] & 1 << (slot % 64) == 0 {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_word_is_found_exactly_where_it_is(text in "[a-dä]{0,200}", word in "[a-dä]{0,6}") {
            prop_assert_eq!(Words::of(&text).contains(&word), text.contains(&word));
        }

        #[test]
        fn every_part_of_a_text_is_found(text in ".{1,100}", from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (a, b) = (places[from.index(places.len())], places[to.index(places.len())]);
            prop_assert!(Words::of(&text).contains(&text[a.min(b)..a.max(b)]));
        }
    }
}
