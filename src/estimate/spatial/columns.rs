//! The columns of a spatial model: lags, and effects taken out.

use std::collections::BTreeSet;

use super::super::error::EstimateError;
use super::super::ols::INTERCEPT;
use super::super::working::{COLLINEAR, ROUNDING};
use super::error::SpatialError;
use super::impacts::{Horizon, ImpactTerm};
use super::layout::SpatialLayout;
use super::likelihood::{FilteredColumns, SpatialColumns};
use super::request::{Dynamics, EffectsRule, SpatialRequest};
use crate::absorb::{AbsorbedDegrees, AbsorberCache, Effects, SharedAbsorber};
use crate::design::DesignMatrix;
use crate::linalg::{Pivots, cross_products, dot};
use crate::note::Note;

/// A column of the model: the regressor, and whether it is its lag.
#[derive(Clone, Debug, PartialEq)]
struct Source {
    variable: String,
    is_lag: bool,
}

/// Columns with their names.
pub(super) struct Columns {
    pub(super) columns: SpatialColumns,
    pub(super) terms: Vec<String>,
    pub(super) absorbed: Option<AbsorbedDegrees>,
    pub(super) notes: Vec<Note>,
    sources: Vec<Source>,
}

/// Takes effects out of columns.
struct Net<'a> {
    cache: &'a AbsorberCache,
    absorber: Option<SharedAbsorber>,
}

impl Net<'_> {
    fn of(&self, column: &[f64]) -> Result<Vec<f64>, EstimateError> {
        match &self.absorber {
            None => Ok(column.to_vec()),
            Some(shared) => {
                let found = self.cache.absorb(shared, &[column])?;
                Ok(found.first().map_or_else(|| column.to_vec(), |one| one.values.to_vec()))
            }
        }
    }

    /// A lag net of effects: taken of the raw column, or of the column net of effects and left as it is.
    fn lag(&self, raw: &[f64], layout: &SpatialLayout, after: bool) -> Result<Vec<f64>, EstimateError> {
        if after { Ok(layout.lag(&self.of(raw)?)) } else { self.of(&layout.lag(raw)) }
    }
}

impl Columns {
    pub(super) fn of(
        design: &DesignMatrix,
        spatial: &SpatialRequest,
        cache: &AbsorberCache,
    ) -> Result<Columns, EstimateError> {
        let absorber = Effects::of(design).map(|effects| cache.absorber(&effects)).transpose()?;
        let absorbed = absorber.as_ref().map(|shared| shared.absorber().degrees().clone());
        let net = Net { cache, absorber };
        let (layout, after) = (&spatial.layout, spatial.lags_after_effects);
        let mut raw: Vec<(Source, String, Vec<f64>)> = Vec::new();
        if design.intercept {
            let source = Source { variable: INTERCEPT.into(), is_lag: false };
            raw.push((source, INTERCEPT.into(), vec![1.0; design.n_rows()]));
        }
        for variable in &design.regressors {
            let source = Source { variable: variable.name.clone(), is_lag: false };
            raw.push((source, variable.name.clone(), variable.values.to_vec()));
        }
        for variable in design.regressors.iter().filter(|variable| spatial.is_lagged(&variable.name)) {
            let source = Source { variable: variable.name.clone(), is_lag: true };
            let name = format!("spatial_lag({}, {})", variable.name, spatial.weights);
            raw.push((source, name, layout.lag(&variable.values)));
        }
        let mut netted = Vec::new();
        for (source, _, values) in &raw {
            let own = design.regressors.iter().find(|variable| source.is_lag && variable.name == source.variable);
            netted.push(match own {
                Some(variable) => net.lag(&variable.values, layout, after)?,
                None => net.of(values)?,
            });
        }
        let (kept, notes) = independent(&raw, &netted, net.absorber.is_some());
        let raw: Vec<(Source, String, Vec<f64>)> =
            raw.into_iter().enumerate().filter(|(k, _)| kept.contains(k)).map(|(_, one)| one).collect();
        let x: Vec<Vec<f64>> = kept.iter().map(|&k| netted[k].clone()).collect();
        let y = &design.outcome.values;
        let wy_raw = layout.lag(y);
        let wy = net.lag(y, layout, after)?;
        let filtered = if spatial.terms.error {
            let wx = raw
                .iter()
                .zip(&x)
                .map(|((_, _, raw), x)| if after { Ok(layout.lag(x)) } else { net.of(&layout.lag(raw)) });
            Some(FilteredColumns {
                y: wy.clone(),
                wy: if after { layout.lag(&wy) } else { net.of(&layout.lag(&wy_raw))? },
                x: wx.collect::<Result<_, _>>()?,
            })
        } else {
            None
        };
        Ok(Columns {
            columns: SpatialColumns { y: net.of(y)?, x, wy, filtered },
            terms: raw.iter().map(|(_, name, _)| name.clone()).collect(),
            absorbed,
            notes,
            sources: raw.into_iter().map(|(source, _, _)| source).collect(),
        })
    }

    /// Where the outcome of the period before stands, and its spatial lag.
    pub(super) fn lagged_outcome(&self, dynamics: &Dynamics) -> Horizon {
        let at = |name: &Option<String>, is_lag: bool| {
            let name = name.as_ref()?;
            self.sources.iter().position(|source| source.variable == *name && source.is_lag == is_lag)
        };
        let written = at(&dynamics.space_time, false);
        Horizon { time: at(&dynamics.time, false), space_time: written.or_else(|| at(&dynamics.time, true)) }
    }

    /// Where each regressor and its lag stand, without those that are outcomes of the period before.
    pub(super) fn impact_terms(&self, dynamics: &Dynamics) -> Vec<ImpactTerm> {
        let mut out: Vec<ImpactTerm> = Vec::new();
        let is_moved = |source: &Source| source.variable != INTERCEPT && !dynamics.has(&source.variable);
        for (at, source) in self.sources.iter().enumerate().filter(|(_, source)| is_moved(source)) {
            let found = out.iter().position(|term| term.variable == source.variable);
            let k = found.unwrap_or_else(|| {
                out.push(ImpactTerm { variable: source.variable.clone(), own: None, lagged: None });
                out.len() - 1
            });
            if source.is_lag { out[k].lagged = Some(at) } else { out[k].own = Some(at) }
        }
        out
    }

    /// The columns of the error model without lagged regressors, and how many lags that leaves out.
    pub(super) fn without_lags(&self, spatial: &SpatialRequest) -> (SpatialColumns, usize) {
        let own: Vec<usize> = (0..self.sources.len()).filter(|&k| !self.sources[k].is_lag).collect();
        let c = &self.columns;
        let x: Vec<Vec<f64>> = own.iter().map(|&k| c.x[k].clone()).collect();
        let lagged = |k: usize| {
            let lag = Source { variable: self.sources[k].variable.clone(), is_lag: true };
            let found = self.sources.iter().position(|source| *source == lag);
            found.map_or_else(|| spatial.layout.lag(&c.x[k]), |at| c.x[at].clone())
        };
        let filtered =
            FilteredColumns { y: c.wy.clone(), wy: vec![0.0; c.y.len()], x: own.iter().map(|&k| lagged(k)).collect() };
        let columns = SpatialColumns { y: c.y.clone(), x, wy: vec![0.0; c.y.len()], filtered: Some(filtered) };
        (columns, self.sources.len() - own.len())
    }
}

/// Columns that are left when those go that effects or columns before them explain.
fn independent(raw: &[(Source, String, Vec<f64>)], netted: &[Vec<f64>], has_effects: bool) -> (Vec<usize>, Vec<Note>) {
    let mut notes = Vec::new();
    let mut candidates = Vec::new();
    for (k, ((_, name, raw), net)) in raw.iter().zip(netted).enumerate() {
        let (left, whole) = (dot(net, net), dot(raw, raw));
        if has_effects && left <= (COLLINEAR * COLLINEAR).max(ROUNDING) * whole {
            notes.push(Note::Absorbed { term: name.clone(), by: "the absorbed effects".into() });
        } else {
            candidates.push(k);
        }
    }
    let views: Vec<&[f64]> = candidates.iter().map(|&k| netted[k].as_slice()).collect();
    let pivots = Pivots::choose(&cross_products(&views, None), COLLINEAR);
    for dependent in &pivots.dependent {
        let with = dependent.of.iter().map(|&(position, _)| raw[candidates[position]].1.clone()).collect();
        notes.push(Note::Collinear { term: raw[candidates[dependent.column]].1.clone(), with });
    }
    (pivots.kept.iter().map(|&k| candidates[k]).collect(), notes)
}

/// What effects of periods ask of the weights.
pub(super) const PERIODS: &str = "effects of periods leave the likelihood of a spatial error (and the transformation of Lee and Yu) only where the rows of the weights sum to one: use standardize = \"row\" and no kept islands, or dummies in the formula";

/// Which effects a design takes out, seen from its blocks.
pub(super) struct Taken {
    /// Of every region (and key).
    pub(super) units: bool,
    /// Of every block.
    pub(super) periods: bool,
    /// Whether the rows of all weights sum to one.
    pub(super) rows_sum_to_one: bool,
}

impl Taken {
    pub(super) fn of(design: &DesignMatrix, spatial: &SpatialRequest) -> Result<Taken, EstimateError> {
        let layout = &spatial.layout;
        let rows_sum_to_one = layout.matrices.iter().all(|w| w.row_sums().iter().all(|s| (s - 1.0).abs() < 1e-9));
        let mut taken = Taken { units: false, periods: false, rows_sum_to_one };
        if let (EffectsRule::Random(_), Some(term)) = (spatial.effects, design.absorbed.first()) {
            let what = format!(
                "a model with random effects of regions absorbs none, and the effect {} is taken out: write effects of periods as dummies, i({}), or take effects = \"random\" out",
                term.name, term.name
            );
            return Err(SpatialError::Effects { what }.into());
        }
        for term in &design.absorbed {
            let code = |row: u32| term.factor.codes[row as usize];
            let by_block =
                layout.blocks.iter().all(|block| block.rows.iter().all(|&row| code(row) == code(block.rows[0])));
            // The transformation takes a mean out of every block: an effect that several blocks share (a year's, of all industries) is less.
            let levels: BTreeSet<u32> = layout.blocks.iter().map(|block| code(block.rows[0])).collect();
            let by_block = by_block && (spatial.effects != EffectsRule::LeeYu || levels.len() == layout.blocks.len());
            let by_unit = layout.is_balanced()
                && layout
                    .blocks
                    .iter()
                    .all(|block| block.rows.iter().zip(&layout.blocks[0].rows).all(|(&a, &b)| code(a) == code(b)));
            taken.units |= by_unit && term.slopes.is_empty();
            taken.periods |= by_block && term.slopes.is_empty();
            let strict = spatial.terms.error || spatial.effects == EffectsRule::LeeYu;
            if strict && !(term.slopes.is_empty() && (by_unit || by_block)) {
                return Err(refusal(&term.name, layout.is_balanced()).into());
            }
        }
        if taken.periods && (spatial.terms.error || spatial.effects == EffectsRule::LeeYu) && !rows_sum_to_one {
            return Err(SpatialError::Effects { what: PERIODS.into() }.into());
        }
        Ok(taken)
    }

    /// What share of the blocks' log determinants counts, and whether the mean over regions is taken out.
    pub(super) fn share(&self, spatial: &SpatialRequest) -> (f64, bool) {
        let blocks = spatial.layout.blocks.len() as f64;
        match spatial.effects {
            EffectsRule::Direct | EffectsRule::Random(_) => (1.0, false),
            // An outcome of the period before is no outcome of a transformed one: regions' means leave by demeaning, and their bias is corrected.
            EffectsRule::LeeYu if spatial.dynamics.any() => (1.0, self.periods),
            EffectsRule::LeeYu => (if self.units { (blocks - 1.0) / blocks } else { 1.0 }, self.periods),
        }
    }

    /// Observations that the likelihood counts.
    pub(super) fn observations(&self, rows: usize, spatial: &SpatialRequest) -> f64 {
        let (share, without_mean) = self.share(spatial);
        let blocks = spatial.layout.blocks.len();
        share * (rows - if without_mean { blocks } else { 0 }) as f64
    }
}

fn refusal(effect: &str, is_balanced: bool) -> SpatialError {
    let what = if is_balanced {
        format!(
            "the effect {effect} belongs neither to regions nor to periods: a spatial error (and the transformation of Lee and Yu) can only take out those; write it as dummies, i({effect})"
        )
    } else {
        format!(
            "the effect {effect} cannot be taken out of a spatial error model on an unbalanced panel: regions differ between periods; balance the sample with `where`, or write dummies, i({effect})"
        )
    };
    SpatialError::Effects { what }
}
