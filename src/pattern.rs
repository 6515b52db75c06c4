//! Patterns of names: `*` stands for any characters, `?` for one. Brackets mean themselves, since the names of models and
//! terms hold them (`clusters[errors.cluster=state]`, `i(year, ref = 2005)::2007`).

/// Whether the whole text matches the pattern.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to resume when a star must take one character more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || Some(&c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks() {
        assert!(matches("cluster*", "cluster_strength"));
        assert!(matches("*[errors.cluster=state]", "clusters[errors.cluster=state]"));
        assert!(matches("log(*)", "log(wage)"));
        assert!(matches("x?", "x1") && !matches("x?", "x12"));
        assert!(matches("*a*b", "xxaxxbxb") && !matches("*a*b", "xxaxx"));
        assert!(!matches("wage", "wages") && matches("*", ""));
    }
}
