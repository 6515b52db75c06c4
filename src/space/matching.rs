//! Which regions the panel and the geography do not share.

use std::collections::BTreeSet;

/// Regions that one side has and the other has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmatched {
    /// Regions of the panel without polygon, point or neighbour row; sorted.
    pub without_geography: Vec<String>,
    /// Regions of the geography without a row in the panel; sorted.
    pub without_rows: Vec<String>,
}

impl Unmatched {
    /// Whether both sides have the same regions.
    pub fn is_empty(&self) -> bool {
        self.without_geography.is_empty() && self.without_rows.is_empty()
    }
}

/// Compares the regions of a panel with those of a geography.
pub fn match_regions<'a>(
    panel: impl IntoIterator<Item = &'a str>,
    geography: impl IntoIterator<Item = &'a str>,
) -> Unmatched {
    let (panel, geography): (BTreeSet<&str>, BTreeSet<&str>) =
        (panel.into_iter().collect(), geography.into_iter().collect());
    let owned = |a: &BTreeSet<&str>, b: &BTreeSet<&str>| a.difference(b).map(ToString::to_string).collect();
    Unmatched { without_geography: owned(&panel, &geography), without_rows: owned(&geography, &panel) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_are_listed() {
        let unmatched = match_regions(["b", "a", "x"], ["a", "b", "c"]);
        assert_eq!(unmatched.without_geography, ["x"]);
        assert_eq!(unmatched.without_rows, ["c"]);
        assert!(match_regions(["a"], ["a"]).is_empty());
    }
}
