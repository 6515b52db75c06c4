//! Weights as other programs write them: GAL (neighbours), GWT (neighbours with weights), Matrix Market.
//!
//! Bytes in, pairs out; an entry counts in the direction written. Matrix Market has no ids: isard writes them as comments (`% region 1 R01`) and
//! reads them there.

use std::fmt::Write;

use super::{SpaceError, SpatialWeights};

/// A form of weights files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsFormat {
    /// GeoDa's list of neighbours.
    Gal,
    /// GeoDa's list of weights.
    Gwt,
    /// Coordinates of a matrix.
    MatrixMarket,
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightsFile {
    /// Its regions; empty where only pairs are known.
    pub ids: Vec<String>,
    /// `(region, neighbor, weight)`.
    pub pairs: Vec<(String, String, f64)>,
}

impl WeightsFormat {
    /// The form that a file's ending says.
    pub fn of_ending(ending: &str) -> Option<WeightsFormat> {
        match ending.to_lowercase().as_str() {
            "gal" => Some(WeightsFormat::Gal),
            "gwt" => Some(WeightsFormat::Gwt),
            "mtx" => Some(WeightsFormat::MatrixMarket),
            _ => None,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`SpaceError::WeightsFile`], with the line.
    pub fn read(self, text: &str) -> Result<WeightsFile, SpaceError> {
        let words =
            text.lines().enumerate().flat_map(|(k, line)| line.split_whitespace().map(move |word| (k + 1, word)));
        match self {
            WeightsFormat::Gal => gal(text, words),
            WeightsFormat::Gwt => gwt(text),
            WeightsFormat::MatrixMarket => matrix_market(text),
        }
    }

    /// Writes weights; GAL keeps the links alone.
    pub fn write(self, weights: &SpatialWeights) -> String {
        let mut out = match self {
            WeightsFormat::Gal | WeightsFormat::Gwt => format!("0 {} regions region\n", weights.n()),
            WeightsFormat::MatrixMarket => {
                let mut head = "%%MatrixMarket matrix coordinate real general\n".to_string();
                for (k, id) in weights.ids.iter().enumerate() {
                    let _ = writeln!(head, "% region {} {id}", k + 1);
                }
                let links: usize = weights.rows.iter().map(Vec::len).sum();
                let _ = writeln!(head, "{n} {n} {links}", n = weights.n());
                head
            }
        };
        for (r, (id, row)) in weights.ids.iter().zip(&weights.rows).enumerate() {
            let id_of = |s: u32| weights.ids[s as usize].as_str();
            if self == WeightsFormat::Gal {
                let neighbours: Vec<&str> = row.iter().map(|&(s, _)| id_of(s)).collect();
                let _ = writeln!(out, "{id} {}\n{}", row.len(), neighbours.join(" "));
                continue;
            }
            for &(s, w) in row {
                let _ = match self {
                    WeightsFormat::MatrixMarket => writeln!(out, "{} {} {w}", r + 1, s + 1),
                    _ => writeln!(out, "{id} {} {w}", id_of(s)),
                };
            }
        }
        out
    }

    /// Why weights cannot be written in this form: ids with blanks fall apart.
    pub fn refuses(self, weights: &SpatialWeights) -> Option<String> {
        let blank = weights.ids.iter().find(|id| id.is_empty() || id.contains(char::is_whitespace))?;
        Some(format!("the region '{blank}' has a blank in its id, which this form cannot hold; write .csv or .parquet"))
    }
}

fn fault(line: usize, message: impl Into<String>) -> SpaceError {
    SpaceError::WeightsFile { line, message: message.into() }
}

/// The number of regions in the first line, which says `n` or `0 n layer column`.
fn header(text: &str) -> Result<usize, SpaceError> {
    let first: Vec<&str> = text.lines().next().unwrap_or_default().split_whitespace().collect();
    let number = if first.len() > 1 { first.get(1) } else { first.first() };
    number.and_then(|word| word.parse().ok()).ok_or_else(|| fault(1, "the first line has no number of regions"))
}

fn gal<'a>(text: &str, words: impl Iterator<Item = (usize, &'a str)>) -> Result<WeightsFile, SpaceError> {
    let n = header(text)?;
    let mut words = words.skip_while(|(line, _)| *line == 1);
    let mut out = WeightsFile::default();
    while let Some((line, id)) = words.next() {
        let count = words.next().and_then(|(_, word)| word.parse::<usize>().ok());
        let count = count.ok_or_else(|| fault(line, format!("region '{id}' has no number of neighbours")))?;
        for _ in 0..count {
            let Some((_, neighbour)) = words.next() else {
                return Err(fault(
                    line,
                    format!("region '{id}' has fewer than the {count} neighbours that it announces"),
                ));
            };
            out.pairs.push((id.into(), neighbour.into(), 1.0));
        }
        out.ids.push(id.into());
    }
    if out.ids.len() != n {
        return Err(fault(1, format!("the first line announces {n} regions, and {} follow", out.ids.len())));
    }
    Ok(out)
}

fn gwt(text: &str) -> Result<WeightsFile, SpaceError> {
    header(text)?;
    let mut out = WeightsFile::default();
    for (k, line) in text.lines().enumerate().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [from, to, weight] => {
                let weight = weight.parse().map_err(|_| fault(k + 1, format!("'{weight}' is no weight")))?;
                out.pairs.push((from.to_string(), to.to_string(), weight));
            }
            _ => return Err(fault(k + 1, "a line has a region, a neighbour and a weight")),
        }
    }
    Ok(out)
}

fn matrix_market(text: &str) -> Result<WeightsFile, SpaceError> {
    let banner = text.lines().next().unwrap_or_default().to_lowercase();
    let words: Vec<&str> = banner.split_whitespace().collect();
    let ["%%matrixmarket", "matrix", "coordinate", values, symmetry] = words.as_slice() else {
        return Err(fault(1, "the first line must be: %%MatrixMarket matrix coordinate real general"));
    };
    if !["real", "integer", "pattern"].contains(values) || !["general", "symmetric"].contains(symmetry) {
        return Err(fault(1, format!("a matrix that is {values} and {symmetry} cannot be weights")));
    }
    let mut lines = text.lines().enumerate().skip(1);
    let (mut ids, mut size) = (Vec::new(), None);
    for (k, line) in lines.by_ref() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["%", "region", _, id] => ids.push(id.to_string()),
            [] => {}
            [first, ..] if first.starts_with('%') => {}
            [rows, columns, _] if rows == columns => {
                size = rows.parse::<usize>().ok();
                break;
            }
            _ => return Err(fault(k + 1, "weights are a square matrix: the size line has rows, columns and entries")),
        }
    }
    let n = size.ok_or_else(|| fault(1, "there is no size line"))?;
    if ids.len() != n {
        let message = format!(
            "the matrix has {n} rows and names {} regions: Matrix Market has no ids, so that `ids` must name a table with the column `region` in the order of the rows, or comments of the file must (% region 1 R01)",
            ids.len()
        );
        return Err(fault(1, message));
    }
    let mut out = WeightsFile { ids, pairs: Vec::new() };
    for (k, line) in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        let place =
            |at: usize| words.get(at).and_then(|word| word.parse::<usize>().ok()).filter(|p| (1..=n).contains(p));
        let (Some(i), Some(j)) = (place(0), place(1)) else {
            return Err(fault(k + 1, format!("a line has a row and a column from 1 to {n}")));
        };
        let weight = if *values == "pattern" { Some(1.0) } else { words.get(2).and_then(|word| word.parse().ok()) };
        let weight = weight.ok_or_else(|| fault(k + 1, "there is no weight"))?;
        out.pairs.push((out.ids[i - 1].clone(), out.ids[j - 1].clone(), weight));
        if *symmetry == "symmetric" && i != j {
            out.pairs.push((out.ids[j - 1].clone(), out.ids[i - 1].clone(), weight));
        }
    }
    Ok(out)
}

/// The text of a Matrix Market file with the ids of a table as comments.
pub fn with_ids(text: &str, ids: &[String]) -> String {
    let mut lines = text.lines();
    let mut out = format!("{}\n", lines.next().unwrap_or_default());
    for (k, id) in ids.iter().enumerate() {
        let _ = writeln!(out, "% region {} {id}", k + 1);
    }
    lines.filter(|line| !line.starts_with("% region ")).for_each(|line| {
        let _ = writeln!(out, "{line}");
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> SpatialWeights {
        let pairs = [("a", "b", 0.25), ("b", "a", 0.1), ("b", "c", 1.0 / 3.0)];
        let pairs: Vec<_> = pairs.iter().map(|(a, b, w)| (a.to_string(), b.to_string(), *w)).collect();
        SpatialWeights::from_pairs(["a", "b", "c", "d"].map(String::from).to_vec(), &pairs)
    }

    #[test]
    fn what_is_written_reads_back() {
        let w = weights();
        for format in [WeightsFormat::Gwt, WeightsFormat::MatrixMarket] {
            let read = format.read(&format.write(&w)).unwrap();
            assert_eq!(SpatialWeights::from_pairs(w.ids.clone(), &read.pairs), w, "{format:?}");
        }
        let gal = WeightsFormat::Gal.read(&WeightsFormat::Gal.write(&w)).unwrap();
        assert_eq!(gal.ids, w.ids);
        assert_eq!(gal.pairs.len(), 3);
        assert!(gal.pairs.iter().all(|(_, _, weight)| *weight == 1.0));
    }

    /// Files as GeoDa and libpysal write them.
    #[test]
    fn files_of_others() {
        let gal = WeightsFormat::Gal.read("3\n1 1\n2\n2 2\n1 3\n3 1\n2\n").unwrap();
        assert_eq!(gal.ids, ["1", "2", "3"]);
        let island = WeightsFormat::Gal.read("0 2 shape ID\n7 0\n\n8 1\n7\n").unwrap();
        assert_eq!((island.ids.len(), island.pairs.len()), (2, 1));
        let gwt = WeightsFormat::Gwt.read("0 2 Unknown Unknown\n1 2 5.0\n2 1 5.0\n").unwrap();
        assert_eq!(gwt.pairs[0], ("1".into(), "2".into(), 5.0));
        let mtx = "%%MatrixMarket matrix coordinate pattern symmetric\n%\n2 2 1\n2 1\n";
        let mtx = WeightsFormat::MatrixMarket.read(&with_ids(mtx, &["x".into(), "y".into()])).unwrap();
        assert_eq!(mtx.pairs, [("y".into(), "x".into(), 1.0), ("x".into(), "y".into(), 1.0)]);
    }

    #[test]
    fn faults_have_a_line() {
        let line = |format: WeightsFormat, text: &str| match format.read(text) {
            Err(SpaceError::WeightsFile { line, .. }) => line,
            other => panic!("{other:?}"),
        };
        assert_eq!(line(WeightsFormat::Gal, "2\n1 1\n2\n2 3\n1\n"), 4);
        assert_eq!(line(WeightsFormat::Gal, "3\n1 1\n2\n2 1\n1\n"), 1);
        assert_eq!(line(WeightsFormat::Gwt, "0 2 a b\n1 2 x\n"), 2);
        assert_eq!(line(WeightsFormat::MatrixMarket, "%%MatrixMarket matrix array real general\n"), 1);
        assert_eq!(
            line(WeightsFormat::MatrixMarket, "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 1\n"),
            1
        );
        let named = "%%MatrixMarket matrix coordinate real general\n% region 1 a\n% region 2 b\n2 2 1\n3 1 1\n";
        assert_eq!(line(WeightsFormat::MatrixMarket, named), 5);
    }
}
