//! The nearest known word to a misspelt one.

/// "`oucome`; did you mean `outcome`?"
pub(crate) fn unknown(word: &str, known: &[&str]) -> String {
    match known.iter().min_by_key(|candidate| distance(word, candidate)) {
        Some(nearest) if distance(word, nearest) <= word.len() / 2 + 1 => {
            format!("`{word}`; did you mean `{nearest}`?")
        }
        _ => format!("`{word}`; known are {}", known.join(", ")),
    }
}

/// How many letters must be added, dropped or changed to make one word of another (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, &other) in to.iter().enumerate() {
            let substituted = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_find_their_neighbour() {
        assert_eq!(unknown("oucome", &["args", "outcome"]), "`oucome`; did you mean `outcome`?");
        assert_eq!(unknown("photograph", &["args", "pod"]), "`photograph`; known are args, pod");
    }
}
