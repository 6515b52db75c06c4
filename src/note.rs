//! Findings that do not stop a run but that a reader of its results must know.
//!
//! A note is never only printed: it is carried by the result that it concerns (invariant 6 of ARCHITECTURE.md), and a
//! study may turn any of them into an error by its code: `deny = ["singletons"]`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One non-fatal finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Note {
    /// A regressor was left out because the absorbed effects explain all of it.
    Absorbed {
        /// The term as written in the formula.
        term: String,
        /// The absorbed effects that span it.
        by: String,
    },
    /// A regressor was left out because the regressors before it explain all of it.
    Collinear {
        /// The term as written in the formula.
        term: String,
        /// The terms that it is a combination of.
        with: Vec<String>,
    },
    /// A regressor was kept although the regressors before it explain all but a little of it.
    NearlyCollinear {
        /// The term as written in the formula.
        term: String,
        /// The share of its variation (sum of squares about the mean) that is left.
        left: f64,
    },
    /// Rows alone in a level of an absorbed effect were dropped.
    Singletons {
        /// How many rows.
        rows: usize,
        /// How many rounds it took until none was left.
        rounds: usize,
    },
    /// Rows that some regressor or effect fits perfectly at a boundary of the outcome were dropped: the likelihood has no
    /// maximum with them.
    Separated {
        /// How many rows.
        rows: usize,
        /// The effects or regressors that separate them.
        by: String,
    },
    /// The likelihood is not that of such an outcome, and its information is no covariance.
    QuasiLikelihood {
        /// The method.
        method: String,
    },
    /// Absorbed effects of a choice are estimated from few rows each, which biases the coefficients.
    IncidentalParameters {
        /// The effect with the most levels.
        effect: String,
        /// Rows per level.
        rows: f64,
    },
    /// A linear model of a choice predicts what is no probability.
    OutsideUnitInterval {
        /// Rows with a fitted value below zero or above one.
        rows: usize,
        /// Of how many.
        of: usize,
    },
    /// Errors that take weights for precisions stand beside sampling weights.
    SamplingWeights {
        /// The weights.
        weights: String,
    },
    /// A cluster variable has few levels, so that the usual asymptotics are poor.
    FewClusters {
        /// The cluster variable.
        variable: String,
        /// Its number of clusters.
        clusters: usize,
    },
    /// Clusters are so unequal that they count as few.
    UnequalClusters {
        /// The cluster variable.
        variable: String,
        /// The coefficient with the fewest effective clusters.
        term: String,
        /// Its number of clusters.
        clusters: usize,
        /// Effective clusters (Carter, Schnepel and Steigerwald 2017).
        effective: f64,
    },
    /// One cluster decides much of a coefficient.
    InfluentialCluster {
        /// The cluster variable.
        variable: String,
        /// The cluster.
        cluster: String,
        /// The coefficient.
        term: String,
        /// Its share of the variation of the regressor net of the others (partial leverage).
        share: f64,
    },
    /// Leverages of absorbed effects were estimated, not computed.
    LeverageEstimated {
        /// Random columns.
        draws: usize,
        /// Relative standard error of a small leverage.
        relative_error: f64,
    },
    /// Rows that decide their own fitted value add nothing to errors that adjust for leverage.
    FullLeverage {
        /// How many.
        rows: usize,
    },
    /// A multi-way covariance had negative eigenvalues, which were set to zero (Cameron, Gelbach and Miller 2011).
    NotPositiveDefinite {
        /// The most negative eigenvalue relative to the largest.
        relative: f64,
    },
    /// A join left rows without a partner.
    JoinLoss {
        /// The table on the left.
        table: String,
        /// The table joined to it.
        with: String,
        /// Rows of the left table without a partner.
        rows: usize,
        /// Up to five keys that found none.
        examples: Vec<String>,
    },
    /// A crosswalk split codes, found no partner for some, or did not conserve a total.
    Crosswalk {
        /// The table in old codes.
        table: String,
        /// The crosswalk.
        with: String,
        /// Codes that were converted.
        codes: usize,
        /// Of these, codes with several new ones.
        split: usize,
        /// Codes without a partner.
        unmatched: usize,
        /// Whether these stayed as they were.
        kept: bool,
        /// Up to five of them.
        examples: Vec<String>,
        /// Totals before and after.
        totals: Vec<ConvertedTotal>,
    },
    /// Suppressed cells were imputed.
    Imputed {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// How many cells.
        cells: usize,
        /// Of how many.
        of: usize,
        /// Their sum as imputed.
        imputed: f64,
        /// The sum over all cells.
        total: f64,
        /// The least that they can sum to.
        low: f64,
        /// The most, where that is bounded.
        high: Option<f64>,
        /// The largest relative difference from a published total, where there are such.
        gap: Option<f64>,
        /// Groups whose published total the bounds do not allow.
        out_of_reach: usize,
        /// Up to five of them.
        examples: Vec<String>,
    },
    /// Periods are missing inside some units, so that lags across the gap are missing.
    TimeGap {
        /// How many units have a gap.
        units: usize,
        /// One of them.
        example: String,
    },
    /// Units of a panel method miss periods between two that they have.
    GapsInUnits {
        /// How many units.
        units: usize,
        /// Whether differences were taken across the gaps.
        bridged: bool,
    },
    /// A dynamic model has more instruments than units.
    ManyInstruments {
        /// Columns of instruments.
        instruments: usize,
        /// Units.
        units: usize,
    },
    /// A weighting matrix of GMM was singular.
    SingularMoments {
        /// How many moments.
        moments: usize,
    },
    /// A lagged outcome beside unit effects.
    NickellBias {
        /// The lagged outcome.
        term: String,
        /// Rows per unit.
        periods: f64,
        /// The approximate bias.
        bias: f64,
    },
    /// A dynamic spatial panel whose process does not settle: its bias is not corrected, and it has no long run.
    NotSettling {
        /// `tau + rho + eta`.
        sum: f64,
    },
    /// A variance component was estimated as negative and set to zero.
    NegativeComponent {
        /// Whose effects: the unit or the time variable.
        of: String,
        /// The estimate.
        estimate: f64,
        /// How components were estimated.
        components: String,
    },
    /// Regions of the panel that the geography does not have, or the reverse.
    RegionsUnmatched {
        /// Where they are missing: `geography` or `panel`.
        missing_from: String,
        /// How many.
        regions: usize,
        /// Up to five of them.
        examples: Vec<String>,
    },
    /// Outlines that lie over each other: contiguity may miss neighbours or find wrong ones.
    PolygonsOverlap {
        /// Pairs of regions.
        pairs: usize,
        /// Up to five of them.
        examples: Vec<String>,
    },
    /// A shapefile does not say what its coordinates are; they were taken for degrees.
    CoordinatesUnsaid {
        /// The file.
        file: String,
    },
    /// Outlines in plane coordinates: there are no distances in kilometres between them.
    PlaneCoordinates {
        /// The file.
        file: String,
        /// The system of coordinates.
        system: String,
    },
    /// Most regions share no point of their outline with another.
    BordersApart {
        /// The weights' name.
        weights: String,
        /// Regions that touch no other.
        alone: usize,
        /// Regions.
        regions: usize,
    },
    /// Regions without a neighbour.
    Islands {
        /// The weights' name.
        weights: String,
        /// Their ids.
        regions: Vec<String>,
    },
    /// Industries that no cluster of the definition contains.
    IndustriesUnmatched {
        /// How many.
        industries: usize,
        /// Up to five of them.
        examples: Vec<String>,
    },
    /// A function has no value for some arguments (the logarithm of zero), which makes these rows missing.
    Undefined {
        /// The function.
        function: String,
        /// The columns its argument is made of.
        of: String,
        /// In how many rows of the panel.
        rows: usize,
    },
    /// Models of one table use different observations.
    SamplesDiffer {
        /// The table.
        table: String,
        /// Numbers of observations, in column order.
        n_obs: Vec<usize>,
    },
    /// The shares of a shift-share variable do not sum to one, and the controls do not span their sum.
    SharesIncomplete {
        /// The variable.
        variable: String,
        /// The smallest sum of a row.
        smallest: f64,
        /// The largest.
        largest: f64,
    },
    /// The shares of some sectors are linear combinations of others'.
    SharesCollinear {
        /// The shift-share variable.
        variable: String,
        /// How many sectors.
        sectors: usize,
        /// Up to five of them.
        examples: Vec<String>,
    },
    /// A shift-share variable rests on few shocks.
    FewShocks {
        /// The variable.
        variable: String,
        /// The effective number of shocks, or of their groups.
        effective: f64,
    },
    /// Instruments are weak: the effective F is under its critical value.
    WeakInstruments {
        /// The endogenous regressor.
        endogenous: String,
        /// Effective F (Montiel Olea and Pflueger 2013).
        effective_f: f64,
        /// Its critical value at 5 % for a bias of at most a tenth of the worst case.
        critical: f64,
    },
    /// The projection on the fixed effects changed its method because the first one stalled.
    SolverChanged {
        /// Sweeps spent before the change.
        sweeps: usize,
        /// The method that finished.
        to: String,
    },
    /// An absorbed effect has one level: it is a constant.
    SingleLevel {
        /// The effect.
        effect: String,
    },
    /// Two-point wild weights on few clusters have few different statistics.
    FewWildDraws {
        /// What is drawn by.
        variable: String,
        /// Its number of clusters.
        clusters: usize,
        /// How many different statistics the draws can have.
        statistics: usize,
    },
    /// A family or curve was not tested, because not all of its models were estimated.
    LeftOut {
        /// What.
        what: String,
        /// Models that are missing.
        models: usize,
        /// Of how many.
        of: usize,
    },
    /// Some draws of a bootstrap had no statistic.
    UndefinedDraws {
        /// The term.
        term: String,
        /// How many draws.
        draws: usize,
        /// Of how many.
        of: usize,
    },
    /// The clusters differ so much in size or leverage that few of them count for a coefficient.
    FewEffectiveClusters {
        /// The term.
        term: String,
        /// The effective number of clusters.
        effective: f64,
        /// Their number.
        clusters: usize,
    },
    /// Absorbed effects were not partialled out to the tolerance, and the study takes the numbers all the same.
    NotConverged {
        /// The effects.
        effects: String,
        /// Iterations spent.
        iterations: usize,
        /// The largest group mean left, relative to the column's scale.
        residual: f64,
    },
    /// A test, a combination or another number that the study asks for could not be computed.
    NotComputed {
        /// What it is: `test`, `combination`.
        what: String,
        /// Its name or text.
        name: String,
        /// Why.
        reason: String,
    },
}

/// The codes of notes from one list: a variant that is not in it does not compile.
macro_rules! codes {
    ($($variant:ident => $code:literal,)+) => {
        impl Note {
            /// Every code that `deny` accepts, one per kind of note.
            pub const CODES: &'static [&'static str] = &[$($code),+];

            /// The code of this note, as `deny` spells it.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Note::$variant { .. } => $code,)+
                }
            }
        }

        /// Codes of notes, as `deny` takes them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs)] // each is the code of the `Note` of the same name
        pub enum NoteCode {
            $($variant,)+
        }

        impl NoteCode {
            /// Every code, in the order of [`Note::CODES`].
            pub const ALL: &'static [NoteCode] = &[$(NoteCode::$variant),+];

            /// The code as a study file spells it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(NoteCode::$variant => $code,)+
                }
            }
        }
    };
}

/// A total before and after codes were converted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConvertedTotal {
    /// The column.
    pub column: String,
    /// Its sum in old codes.
    pub before: f64,
    /// Its sum in new codes.
    pub after: f64,
}

impl fmt::Display for ConvertedTotal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConvertedTotal { column, before, after } = self;
        if (after - before).abs() <= 1e-9 * before.abs() {
            return write!(f, "{column} is conserved");
        }
        write!(f, "{column} is {after:.0} of {before:.0} ({:+.2} %)", 100.0 * (after / before - 1.0))
    }
}

codes! {
    Absorbed => "absorbed",
    Collinear => "collinear",
    NearlyCollinear => "nearly_collinear",
    Singletons => "singletons",
    Separated => "separated",
    QuasiLikelihood => "quasi_likelihood",
    IncidentalParameters => "incidental_parameters",
    OutsideUnitInterval => "outside_unit_interval",
    SamplingWeights => "sampling_weights",
    FewClusters => "few_clusters",
    UnequalClusters => "unequal_clusters",
    InfluentialCluster => "influential_cluster",
    LeverageEstimated => "leverage_estimated",
    FullLeverage => "full_leverage",
    NotPositiveDefinite => "not_positive_definite",
    JoinLoss => "join_loss",
    Crosswalk => "crosswalk",
    Imputed => "imputed",
    TimeGap => "time_gap",
    GapsInUnits => "gaps_in_units",
    ManyInstruments => "many_instruments",
    SingularMoments => "singular_moments",
    NickellBias => "nickell_bias",
    NotSettling => "not_settling",
    NegativeComponent => "negative_component",
    RegionsUnmatched => "regions_unmatched",
    PolygonsOverlap => "polygons_overlap",
    CoordinatesUnsaid => "coordinates_unsaid",
    PlaneCoordinates => "plane_coordinates",
    BordersApart => "borders_apart",
    Islands => "islands",
    IndustriesUnmatched => "industries_unmatched",
    Undefined => "undefined",
    SamplesDiffer => "samples_differ",
    SharesIncomplete => "shares_incomplete",
    SharesCollinear => "shares_collinear",
    FewShocks => "few_shocks",
    WeakInstruments => "weak_instruments",
    SolverChanged => "solver_changed",
    SingleLevel => "single_level",
    FewWildDraws => "few_wild_draws",
    LeftOut => "left_out",
    UndefinedDraws => "undefined_draws",
    FewEffectiveClusters => "few_effective_clusters",
    NotConverged => "not_converged",
    NotComputed => "not_computed",
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Absorbed { term, by } => {
                write!(f, "{term} was left out: the absorbed effects ({by}) explain all of it")
            }
            Note::Collinear { term, with } => {
                write!(f, "{term} was left out: it is a linear combination of {}", with.join(", "))
            }
            Note::NearlyCollinear { term, left } => write!(
                f,
                "{term} is all but a linear combination of the regressors before it: {left:.0e} of its variation is left; it was kept, and the model solved in twice the precision, but other programs may leave it out"
            ),
            Note::WeakInstruments { endogenous, effective_f, critical } => write!(
                f,
                "the instruments of {endogenous} are weak: effective F {effective_f:.2} is under {critical:.2}, the critical value for a bias of at most 10 % of the worst case; read the Anderson-Rubin set in place of the usual interval"
            ),
            Note::Singletons { rows, rounds } => write!(
                f,
                "{rows} rows were alone in a level of an absorbed effect and were dropped ({rounds} {})",
                if *rounds == 1 { "round" } else { "rounds" }
            ),
            Note::Separated { rows, by } => write!(
                f,
                "{rows} {} separated by {by} (fitted perfectly at a boundary of the outcome, with a coefficient that grows without bound) and {} dropped; the other coefficients are those of the limit",
                if *rows == 1 { "row is" } else { "rows are" },
                if *rows == 1 { "was" } else { "were" }
            ),
            Note::QuasiLikelihood { method } => write!(
                f,
                "the outcome is not one that {method} gives a likelihood to (shares, or amounts that are no counts): its estimates hold, its iid errors do not; use robust or clustered errors"
            ),
            Note::IncidentalParameters { effect, rows } => write!(
                f,
                "levels of {effect} have {rows:.1} rows each, and the error of their effects biases the coefficients (incidental parameters, of order one over these rows); use bias_correction = \"analytical\" or \"jackknife\""
            ),
            Note::OutsideUnitInterval { rows, of } => write!(
                f,
                "{rows} of {of} fitted values of this linear probability model ({:.1} %) lie outside of [0, 1]",
                100.0 * *rows as f64 / *of as f64
            ),
            Note::SamplingWeights { weights } => write!(
                f,
                "{weights} are sampling weights, and iid errors take weights for the precision of each row: use hc1 or clustered errors"
            ),
            Note::FewClusters { variable, clusters } => write!(
                f,
                "{variable} has only {clusters} clusters: clustered errors are unreliable when clusters are few"
            ),
            Note::UnequalClusters { variable, term, clusters, effective } => write!(
                f,
                "the {clusters} clusters of {variable} are unequal: for {term} they count as {effective:.1} (effective clusters G*); read cr2 or cr3 errors, or the wild bootstrap"
            ),
            Note::InfluentialCluster { variable, cluster, term, share } => write!(
                f,
                "{variable} {cluster} alone holds {:.0} % of the variation that {term} is estimated from (partial leverage): clustered errors are unreliable; read cr3 errors",
                100.0 * share
            ),
            Note::LeverageEstimated { draws, relative_error } => write!(
                f,
                "the leverages of the absorbed effects were estimated from {draws} random projections (relative standard error {:.0} % of a small leverage): the errors are approximate",
                100.0 * relative_error
            ),
            Note::FullLeverage { rows } => write!(
                f,
                "{rows} {} no residual whatever the outcome (leverage one) and {} nothing to the errors",
                if *rows == 1 { "row has" } else { "rows have" },
                if *rows == 1 { "adds" } else { "add" }
            ),
            Note::NotPositiveDefinite { relative } => write!(
                f,
                "the covariance was not positive semi-definite (smallest eigenvalue {relative:.2e} of the largest); negative eigenvalues were set to zero"
            ),
            Note::JoinLoss { table, with, rows, examples } => {
                write!(f, "{rows} rows of {table} have no partner in {with} (for example {})", examples.join(", "))
            }
            Note::Crosswalk { table, with, codes, split, unmatched, kept, examples, totals } => {
                write!(f, "{table} by the crosswalk {with}: {codes} codes, {split} of them split")?;
                if *unmatched > 0 {
                    let fate = if *kept { "stayed as they were" } else { "left" };
                    write!(f, "; {unmatched} codes have no partner and {fate} (for example {})", examples.join(", "))?;
                }
                for total in totals {
                    write!(f, "; {total}")?;
                }
                Ok(())
            }
            Note::Imputed { table, column, cells, of, imputed, total, low, high, gap, out_of_reach, examples } => {
                let share = 100.0 * imputed / total;
                let high = high.map_or("no bound".to_string(), |high| format!("{high:.0}"));
                write!(
                    f,
                    "{column} of {table} was imputed in {cells} of {of} cells, {imputed:.0} or {share:.1} % of its sum; their intervals allow {low:.0} to {high}"
                )?;
                if let Some(gap) = gap.filter(|gap| *gap > 1e-6) {
                    write!(f, "; published totals are missed by up to {:.2} %", 100.0 * gap)?;
                }
                if *out_of_reach > 0 {
                    write!(
                        f,
                        "; {out_of_reach} published totals are outside of what the intervals allow (for example {})",
                        examples.join(", ")
                    )?;
                }
                Ok(())
            }
            Note::TimeGap { units, example } => write!(
                f,
                "{units} units have gaps in time (for example {example}): lags and leads across a gap are missing"
            ),
            Note::GapsInUnits { units, bridged: false } => {
                write!(f, "{units} units have gaps in time: no difference is taken across a gap")
            }
            Note::GapsInUnits { units, bridged: true } => {
                write!(f, "{units} units have gaps in time: differences across a gap span more periods than the others")
            }
            Note::ManyInstruments { instruments, units } => write!(
                f,
                "{instruments} instruments for {units} units: two-step errors and Hansen's test are unreliable (Roodman 2009); collapse instruments or limit their lags"
            ),
            Note::SingularMoments { moments } => write!(
                f,
                "the covariance of the {moments} moments is singular, and a generalised inverse weights them: use fewer instruments"
            ),
            Note::NickellBias { term, periods, bias } => write!(
                f,
                "{term} beside unit effects with {periods:.1} periods per unit: its coefficient is biased by about {bias:.2} (Nickell 1981); compare method = \"arellano-bond\" or \"blundell-bond\""
            ),
            Note::NotSettling { sum } => write!(
                f,
                "the process does not settle (tau + rho + eta = {sum:.3}): the bias of effects is not corrected, and there are no long-run impacts; look at growth, or at deviations from all regions (effects of periods)"
            ),
            Note::NegativeComponent { of, estimate, components } => write!(
                f,
                "the variance of {of} effects was estimated as {estimate:.3e} by {components} and set to zero: there is no sign of such effects, or the model is wrong for these data"
            ),
            Note::RegionsUnmatched { missing_from, regions, examples } => {
                write!(f, "{regions} regions are missing from the {missing_from} (for example {})", examples.join(", "))
            }
            Note::PolygonsOverlap { pairs, examples } => {
                let (count, lie) =
                    if *pairs == 1 { ("1 pair".into(), "lies") } else { (format!("{pairs} pairs"), "lie") };
                write!(
                    f,
                    "{count} of regions {lie} over each other (for example {}): their borders are not in common",
                    examples.join(", ")
                )
            }
            Note::CoordinatesUnsaid { file } => write!(
                f,
                "{file} has no .prj beside it: its coordinates are taken for degrees of longitude and latitude"
            ),
            Note::PlaneCoordinates { file, system } => write!(
                f,
                "{file} is in plane coordinates ({system}): contiguity and maps are right, distances in kilometres need degrees"
            ),
            Note::BordersApart { weights, alone, regions } => write!(
                f,
                "{alone} of {regions} regions share no point with another in {weights}: where borders were drawn region by region, write `tolerance` (in units of the coordinates) beside `contiguity`"
            ),
            Note::Islands { weights, regions } => {
                write!(f, "{} regions have no neighbour in {weights}: {}", regions.len(), regions.join(", "))
            }
            Note::IndustriesUnmatched { industries, examples } => {
                write!(f, "{industries} industries belong to no cluster (for example {})", examples.join(", "))
            }
            Note::Undefined { function, of, rows } => write!(
                f,
                "{function} is not defined for the values of {rows} rows (of {of}): they are missing there, not infinite"
            ),
            Note::SamplesDiffer { table, n_obs } => {
                let counts: Vec<String> = n_obs.iter().map(ToString::to_string).collect();
                write!(f, "the columns of table {table} use different samples: {} observations", counts.join(", "))
            }
            Note::SharesIncomplete { variable, smallest, largest } => write!(
                f,
                "the shares of {variable} sum to between {smallest:.3} and {largest:.3}, and the controls do not explain their sum: shocks then count as unrelated to it; add {variable}_shares to the formula, by period in a panel (`| year[[{variable}_shares]]`)"
            ),
            Note::SharesCollinear { variable, sectors, examples } => write!(
                f,
                "{sectors} of the sectors of {variable} have shares that those of the sectors before them explain (for example {}): exposure-robust errors give them no loading of their own",
                examples.join(", ")
            ),
            Note::FewShocks { variable, effective } => write!(
                f,
                "{variable} rests on {effective:.1} shocks in effect: inference that counts on many shocks is unreliable with so few"
            ),
            Note::SolverChanged { sweeps, to } => {
                write!(f, "alternating projections stalled after {sweeps} sweeps; {to} finished the projection")
            }
            Note::SingleLevel { effect } => {
                write!(
                    f,
                    "the absorbed effect {effect} has a single level in the sample: it takes out the mean and nothing else"
                )
            }
            Note::FewWildDraws { variable, clusters, statistics } => write!(
                f,
                "{variable} has {clusters} clusters: two-point wild weights give at most {statistics} different statistics, so that p-values are coarse; weights = \"webb\" gives more"
            ),
            Note::LeftOut { what, models, of } => {
                write!(f, "{what} was left out: {models} of its {of} models were not estimated")
            }
            Note::UndefinedDraws { term, draws, of } => write!(
                f,
                "{draws} of {of} bootstrap draws have no positive variance for {term} and count as beyond the sample's statistic"
            ),
            Note::FewEffectiveClusters { term, effective, clusters } => write!(
                f,
                "{term} rests on {effective:.1} of {clusters} clusters in effect: they differ in size or leverage, and the usual t test rejects too often"
            ),
            Note::NotConverged { effects, iterations, residual } => write!(
                f,
                "the absorbed effects {effects} were not partialled out to the tolerance: after {iterations} {} the largest group mean left is {residual:.1e} of the column's scale",
                if *iterations == 1 { "iteration" } else { "iterations" }
            ),
            Note::NotComputed { what, name, reason } => {
                write!(f, "the {what} `{name}` could not be computed: {reason}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_can_deny_every_note_by_its_code() {
        let spelled = |value: serde_json::Value| value.as_str().unwrap_or_default().to_string();
        let in_files: Vec<String> =
            NoteCode::ALL.iter().map(|code| spelled(serde_json::to_value(code).unwrap())).collect();
        assert_eq!(in_files, Note::CODES);
        assert_eq!(NoteCode::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>(), Note::CODES);
        // The tag that a written note carries is the code too: the schema lists the tag of every variant.
        let schema = serde_json::to_value(schemars::schema_for!(Note)).unwrap();
        let variants = schema["oneOf"].as_array().unwrap();
        let tags: Vec<String> =
            variants.iter().map(|one| spelled(one["properties"]["code"]["const"].clone())).collect();
        assert_eq!(tags, Note::CODES);
    }
}
