//! How far one name is from another, to tell what somebody may have meant.

/// The longest name that is held against others; no name that is known has as many bytes.
const LONGEST: usize = 200;

/// Bytes to change, add or drop, or neighbours to swap, until the texts are equal (Levenshtein's distance, with swaps).
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (a, b) = (a.get(..LONGEST).unwrap_or(a), b.get(..LONGEST).unwrap_or(b));
    let width = b.len() + 1;
    let mut rows = vec![vec![0; width]; a.len() + 1];
    for (index, row) in rows.iter_mut().enumerate() {
        row[0] = index;
    }
    for (index, cell) in rows[0].iter_mut().enumerate() {
        *cell = index;
    }
    for i in 1..=a.len() {
        for j in 1..width {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_step() {
        for (a, b, steps) in [("", "", 0), ("json", "jsno", 1), ("html", "yaml", 2), ("a", "", 1), ("abc", "axc", 1)] {
            assert_eq!((distance(a, b), distance(b, a)), (steps, steps), "{a} {b}");
        }
        assert_eq!(distance(&"a".repeat(1 << 20), ""), LONGEST);
    }
}
