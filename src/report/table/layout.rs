//! [`layout`]: from fits to the neutral grid of a regression table.

use super::coefficients::{self, TruthPlace, truth_place};
use super::{HeaderCell, Table, TableSpec, align, inference, ratios, statistics};
use crate::estimate::Fit;
use crate::report::number::count;

/// Most columns of a table: more than a page or a paper can show.
const MOST_COLUMNS: usize = 60;

/// Lays a regression table out: a column per fit in the given order, headed by outcome and number; estimates with what
/// stands below them; statistics; notes. `fits` are what [`TableSpec::select`] chose; of very many the first are shown, and
/// a note says where the others are.
pub fn layout(spec: &TableSpec, fits: &[&Fit]) -> Table {
    let n_fits = fits.len();
    let fits = &fits[..n_fits.min(MOST_COLUMNS)];
    let ratios: Vec<_> =
        fits.iter().filter(|_| spec.style.exponentiate).map(|fit| ratios::exponentiated(fit)).collect();
    let ratios: Vec<&Fit> = ratios.iter().map(|fit| fit.as_ref()).collect();
    let fits = if spec.style.exponentiate { &ratios[..] } else { fits };
    let truth = truth_place(spec, fits);
    let leading = usize::from(truth == TruthPlace::Column);
    let mut below: Vec<_> = spec.statistics.iter().flat_map(|s| statistics::rows(*s, spec, fits)).collect();
    for row in &mut below {
        row.cells.splice(0..0, std::iter::repeat_n(Default::default(), leading));
    }
    let mut sections = vec![coefficients::rows(spec, fits, truth), below];
    sections.retain(|rows| !rows.is_empty());
    let mut notes = inference::notes(spec, fits, truth != TruthPlace::Nowhere);
    if n_fits > fits.len() {
        let (shown, all) = (count(fits.len()), count(n_fits));
        notes.push(format!(
            "The first {shown} of {all} models are shown; all of them are in tidy.csv, glance.csv and results.json."
        ));
    }
    align::align(&mut sections, fits.len() + leading);
    Table {
        name: spec.name.clone(),
        title: spec.title.clone(),
        stub: String::new(),
        header: header(spec, fits, truth),
        sections,
        notes,
        findings: inference::samples_differ(spec, fits).into_iter().collect(),
    }
}

/// Outcomes over the columns that share them, model labels where the study gives any, then numbers.
fn header(spec: &TableSpec, fits: &[&Fit], truth: TruthPlace) -> Vec<Vec<HeaderCell>> {
    let mut outcomes: Vec<HeaderCell> = Vec::new();
    for fit in fits {
        let text = spec.label(&fit.outcome);
        match outcomes.last_mut() {
            Some(last) if last.text == text => last.span += 1,
            _ => outcomes.push(HeaderCell { text, span: 1 }),
        }
    }
    let mut rows = vec![outcomes];
    let model_label = |fit: &Fit| spec.labels.get(&fit.model).or_else(|| spec.labels.get(&fit.base)).cloned();
    if fits.iter().any(|fit| model_label(fit).is_some()) {
        rows.push(fits.iter().map(|fit| HeaderCell::one(model_label(fit).unwrap_or_default())).collect());
    }
    rows.push((1..=fits.len()).map(|number| HeaderCell::one(format!("({number})"))).collect());
    if truth == TruthPlace::Column {
        let last = rows.len() - 1;
        for (i, row) in rows.iter_mut().enumerate() {
            row.insert(0, HeaderCell::one(if i == last { "Truth" } else { "" }));
        }
    }
    rows
}
