//! The known name that a misspelt one was meant to be.
//!
//! Guarantee: work in proportion to the number of known names; long names are not compared.
#![forbid(unsafe_code)]

/// The longest name that is compared.
const MAX_NAME: usize = 64;

/// The name of `known` that is most like `name`, if one is like it.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if !name.is_ascii() || name.len() < 2 || name.len() > MAX_NAME {
        return None;
    }
    let most = (name.len() / 3).max(1);
    let close = known.into_iter().filter_map(|candidate| {
        let distance = distance(name, candidate, most)?;
        Some((distance, candidate))
    });
    close
        .min_by_key(|&(distance, candidate)| (distance, !candidate.starts_with(&name[..1])))
        .map(|(_, candidate)| candidate)
}

/// How many characters must be inserted, removed, replaced or swapped with their neighbour; `None`
/// if more than `most`. Upper and lower case are alike.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    if b.len() > MAX_NAME + most || a.len().abs_diff(b.len()) > most {
        return None;
    }
    // Replacing most of a short name makes another name of it.
    if most >= a.len().min(b.len()) {
        return None;
    }
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|&distance| distance <= most)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn neighbours_are_swapped_in_one_step() {
        assert_eq!(distance("unsinged", "unsigned", 2), Some(1));
        assert_eq!(distance("dubble", "double", 2), Some(2));
        assert_eq!(distance("INT", "int", 1), Some(0));
        assert_eq!(distance("point", "paint_t", 2), None);
    }
}
