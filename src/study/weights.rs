//! `[geography.weights]` as written, and checked: what makes regions neighbours.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::fault::nearest;
use crate::space::{
    Bandwidth, Combination, Contiguity, Decay, Falling, Islands, Kernel, NearValue, Standardize, Symmetry,
};

/// One weights matrix: exactly one of `contiguity`, `neighbors`, `distance_km`, `k_nearest`, `kernel`, `block`, `economic`, `union`,
/// `intersection` and `difference`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWeights {
    /// Regions with a common border: `queen` (a common point is enough) or `rook` (a common edge).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contiguity: Option<Contiguity>,
    /// With `contiguity`: how far apart points of two borders may be that count as the same, in units of the coordinates (degrees, or plane
    /// units); 0 (the default) asks for exactly the same points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// A table of pairs with columns `region`, `neighbor` and, if wanted, `weight`: a resource of the data package or a
    /// path (csv, parquet, Stata); or a file of another program, .gal, .gwt or .mtx (Matrix Market).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbors: Option<String>,
    /// Of a Matrix Market file without ids: the table whose column `region` has them in the order of its rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<String>,
    /// Pairs of a region with itself: `error` (the default) or `drop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagonal: Option<Diagonal>,
    /// Regions at most so many kilometres apart (great circle, between centroids or points).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<f64>,
    /// The so many nearest regions; with `kernel` the adaptive bandwidth, with `economic` the so many regions nearest in the variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k_nearest: Option<usize>,
    /// A kernel of the distance over a bandwidth, `bandwidth_km` or `k_nearest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<Kernel>,
    /// The bandwidth of a kernel in kilometres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_km: Option<f64>,
    /// Regions with the same value of a column of `table` (a state, a country) are neighbours of each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// Regions with nearly the same value of a numeric column of `table`: weights are `1/|x_r - x_s|` (or as `decay` says), of all regions, of
    /// those `within`, or of the `k_nearest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub economic: Option<String>,
    /// The largest difference of the variable of `economic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<f64>,
    /// The table that has the column of `block` or `economic`, and a column `region`; `regions` of the geography if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Names of other weights: links of any of them, with the largest weight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub union: Option<Vec<String>>,
    /// Names of other weights: links that all have, with the product of the weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intersection: Option<Vec<String>>,
    /// Names of other weights: links of the first that no other has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Vec<String>>,
    /// Neighbours so many links away on the shortest way, with weight one: 2 is neighbours of neighbours that are none themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<usize>,
    /// With `order`: neighbours that are fewer links away count too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lower_orders: bool,
    /// Both directions of a link: `required` to be the same, or made so: their `mean`, `either` (the larger) or `both` (the smaller).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symmetry: Option<Symmetry>,
    /// How weights fall with distance: `none` (the default), `inverse` (1/d, the default of `economic`) or `exponential` (exp(-d / distance_km)).
    /// Only with `distance_km`, `k_nearest` or `economic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<Decay>,
    /// With `decay = "inverse"`: the power of the distance, `1 / d^exponent` (1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exponent: Option<f64>,
    /// With `decay = "exponential"`: `exp(-d / scale_km)`; `distance_km` (or `within`) if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_km: Option<f64>,
    /// How rows are scaled: `row` (the default: they sum to one, a spatial lag is a mean), `none`, `spectral` (by the largest eigenvalue),
    /// `variance` (variance-stabilising) or `global`.
    #[serde(default)]
    pub standardize: Standardize,
    /// Regions without a neighbour: `error`, `keep` (their spatial lag is zero) or `nearest` (joined to the nearest
    /// region). Must be chosen where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub islands: Option<Islands>,
}

/// What becomes of a region that is its own neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Diagonal {
    /// It stops the study.
    Error,
    /// The pair is left out.
    Drop,
}

/// What makes neighbours, checked: as [`crate::space::WeightsSource`], but with tables and other weights by name.
#[derive(Clone, Debug, PartialEq)]
pub enum WeightsChoice {
    /// A common border.
    Contiguity {
        /// What is common.
        contiguity: Contiguity,
        /// How far apart points may be that count as the same, in units of the coordinates.
        tolerance: f64,
    },
    /// A table of pairs, by name or path, and the table of ids if there is one.
    Neighbors(String, Option<String>),
    /// A distance band.
    Distance {
        /// The largest distance, kilometres.
        cutoff_km: f64,
        /// How weights fall with distance.
        decay: Falling,
    },
    /// Nearest neighbours.
    Nearest {
        /// How many.
        k: usize,
        /// How weights fall with distance.
        decay: Falling,
    },
    /// A kernel.
    Kernel {
        /// How it falls.
        kernel: Kernel,
        /// How far it reaches.
        bandwidth: Bandwidth,
    },
    /// The same group.
    Block {
        /// The table; that of the regions if none is named.
        table: Option<String>,
        /// Its column.
        column: String,
    },
    /// Nearly the same value.
    Economic {
        /// The table; that of the regions if none is named.
        table: Option<String>,
        /// Its column.
        column: String,
        /// Which regions are near.
        near: NearValue,
        /// How weights fall with the difference.
        decay: Falling,
    },
    /// Other weights.
    Combined {
        /// How they are put together.
        how: Combination,
        /// Their names.
        of: Vec<String>,
    },
}

/// A fault in one weights matrix.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum WeightsFault {
    /// None of the sources is given.
    #[error(
        "weights '{name}' say nothing about neighbours: give one of contiguity = \"queen\", neighbors = \"table\", distance_km = 150, k_nearest = 5, kernel = \"triangular\", block = \"state\", economic = \"income\", union = [\"a\", \"b\"]"
    )]
    Empty {
        /// The weights.
        name: String,
    },
    /// More than one source is given.
    #[error("weights '{name}' give {}: choose one", .given.join(" and "))]
    Several {
        /// The weights.
        name: String,
        /// The keys given.
        given: Vec<&'static str>,
    },
    /// A key without the one that it belongs to.
    #[error("weights '{name}' give {key}, which needs {needs}")]
    Alone {
        /// The weights.
        name: String,
        /// The key.
        key: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// `decay = "exponential"` without a distance to scale by.
    #[error("weights '{name}' combine {with} with exponential decay, which needs {needs}; use decay = \"inverse\"")]
    ExponentialUnscaled {
        /// The weights.
        name: String,
        /// The source.
        with: &'static str,
        /// The key that would scale it.
        needs: &'static str,
    },
    /// A kernel without a bandwidth, or with two.
    #[error(
        "weights '{name}' need one bandwidth for their kernel: bandwidth_km = 200, or k_nearest = 10 for one that adapts"
    )]
    Bandwidth {
        /// The weights.
        name: String,
    },
    /// A distance or number that is not positive.
    #[error("weights '{name}' have {key} = {value}, which must be a positive number")]
    NotPositive {
        /// The weights.
        name: String,
        /// The key.
        key: &'static str,
        /// Its value.
        value: f64,
    },
    /// Fewer than two weights to put together.
    #[error("weights '{name}' give {key} of {count}: name two or more other weights")]
    TooFew {
        /// The weights.
        name: String,
        /// The key.
        key: &'static str,
        /// How many are named.
        count: usize,
    },
    /// Weights that are not there.
    #[error("weights '{name}' are made of '{of}', which the geography does not have{}", .nearest.as_ref().map_or(String::new(), |near| format!(" (did you mean '{near}'?)")))]
    Unknown {
        /// The weights.
        name: String,
        /// The name.
        of: String,
        /// The nearest.
        nearest: Option<String>,
    },
    /// Weights that are made of themselves.
    #[error("weights '{name}' are made of themselves ({})", .way.join(", "))]
    Circular {
        /// The weights.
        name: String,
        /// The way round.
        way: Vec<String>,
    },
}

impl RawWeights {
    /// The one source of neighbours, checked. `name` is the name of the weights, for messages.
    ///
    /// # Errors
    /// [`WeightsFault`].
    pub fn choice(&self, name: &str) -> Result<WeightsChoice, WeightsFault> {
        let given = self.given();
        let &[source] = given.as_slice() else {
            let name = name.to_string();
            return Err(if given.is_empty() {
                WeightsFault::Empty { name }
            } else {
                WeightsFault::Several { name, given }
            });
        };
        self.alone(name, source)?;
        self.positive(name)?;
        let decay = self.falling(Decay::None);
        let choice = match source {
            "distance_km" => WeightsChoice::Distance { cutoff_km: self.distance_km.unwrap_or_default(), decay },
            "kernel" => WeightsChoice::Kernel {
                kernel: self.kernel.unwrap_or(Kernel::Triangular),
                bandwidth: self.bandwidth(name)?,
            },
            "economic" => self.economic(name)?,
            "union" | "intersection" | "difference" => self.combined(name, source)?,
            "block" => {
                WeightsChoice::Block { table: self.table.clone(), column: self.block.clone().unwrap_or_default() }
            }
            "neighbors" => WeightsChoice::Neighbors(self.neighbors.clone().unwrap_or_default(), self.ids.clone()),
            "contiguity" => WeightsChoice::Contiguity {
                contiguity: self.contiguity.unwrap_or(Contiguity::Queen),
                tolerance: self.tolerance.unwrap_or_default(),
            },
            _ if decay.decay == Decay::Exponential && decay.scale_km.is_none() => {
                let name = name.to_string();
                return Err(WeightsFault::ExponentialUnscaled { name, with: "k_nearest", needs: "distance_km" });
            }
            _ => WeightsChoice::Nearest { k: self.k_nearest.unwrap_or_default(), decay },
        };
        Ok(choice)
    }

    fn falling(&self, usual: Decay) -> Falling {
        Falling { decay: self.decay.unwrap_or(usual), exponent: self.exponent, scale_km: self.scale_km }
    }

    fn given(&self) -> Vec<&'static str> {
        let keys = [
            ("contiguity", self.contiguity.is_some()),
            ("neighbors", self.neighbors.is_some()),
            ("distance_km", self.distance_km.is_some()),
            ("k_nearest", self.k_nearest.is_some() && self.kernel.is_none() && self.economic.is_none()),
            ("kernel", self.kernel.is_some()),
            ("block", self.block.is_some()),
            ("economic", self.economic.is_some()),
            ("union", self.union.is_some()),
            ("intersection", self.intersection.is_some()),
            ("difference", self.difference.is_some()),
        ];
        keys.into_iter().filter(|(_, is_given)| *is_given).map(|(key, _)| key).collect()
    }

    /// Keys that say nothing with this source.
    fn alone(&self, name: &str, source: &str) -> Result<(), WeightsFault> {
        let of = |sources: &[&str]| sources.contains(&source);
        let keys = [
            (
                "decay",
                self.decay.is_some() && !of(&["distance_km", "k_nearest", "economic"]),
                "distance_km, k_nearest or economic",
            ),
            (
                "exponent",
                self.exponent.is_some()
                    && self.decay.or((source == "economic").then_some(Decay::Inverse)) != Some(Decay::Inverse),
                "decay = \"inverse\"",
            ),
            ("scale_km", self.scale_km.is_some() && self.decay != Some(Decay::Exponential), "decay = \"exponential\""),
            ("bandwidth_km", self.bandwidth_km.is_some() && !of(&["kernel"]), "kernel"),
            ("within", self.within.is_some() && !of(&["economic"]), "economic"),
            ("table", self.table.is_some() && !of(&["block", "economic"]), "block or economic"),
            ("tolerance", self.tolerance.is_some() && !of(&["contiguity"]), "contiguity"),
            ("ids", self.ids.is_some() && !of(&["neighbors"]), "neighbors"),
            ("diagonal", self.diagonal.is_some() && !of(&["neighbors"]), "neighbors"),
            ("lower_orders", self.lower_orders && self.order.is_none(), "order"),
        ];
        match keys.into_iter().find(|(_, is_alone, _)| *is_alone) {
            Some((key, _, needs)) => Err(WeightsFault::Alone { name: name.into(), key, needs }),
            None => Ok(()),
        }
    }

    fn positive(&self, name: &str) -> Result<(), WeightsFault> {
        let keys = [
            ("distance_km", self.distance_km),
            ("bandwidth_km", self.bandwidth_km),
            ("within", self.within),
            ("scale_km", self.scale_km),
            // An exponent of zero is the same weight everywhere, where a profile of it may begin.
            ("exponent", self.exponent.filter(|exponent| *exponent != 0.0)),
            ("tolerance", self.tolerance.filter(|tolerance| *tolerance != 0.0)),
            ("k_nearest", self.k_nearest.map(|k| k as f64)),
            ("order", self.order.map(|order| order as f64)),
        ];
        let given = keys.into_iter().filter_map(|(key, value)| Some((key, value?)));
        match given.into_iter().find(|(_, value)| !(*value > 0.0 && value.is_finite())) {
            Some((key, value)) => Err(WeightsFault::NotPositive { name: name.into(), key, value }),
            None => Ok(()),
        }
    }

    fn bandwidth(&self, name: &str) -> Result<Bandwidth, WeightsFault> {
        match (self.bandwidth_km, self.k_nearest) {
            (Some(km), None) => Ok(Bandwidth::Fixed(km)),
            (None, Some(k)) => Ok(Bandwidth::Adaptive(k)),
            _ => Err(WeightsFault::Bandwidth { name: name.into() }),
        }
    }

    fn economic(&self, name: &str) -> Result<WeightsChoice, WeightsFault> {
        let near = match (self.within, self.k_nearest) {
            (Some(most), None) => NearValue::Within(most),
            (None, Some(k)) => NearValue::Nearest(k),
            (None, None) => NearValue::All,
            (Some(_), Some(_)) => {
                return Err(WeightsFault::Several { name: name.into(), given: vec!["within", "k_nearest"] });
            }
        };
        let decay = self.falling(Decay::Inverse);
        if decay.decay == Decay::Exponential && self.within.is_none() && decay.scale_km.is_none() {
            return Err(WeightsFault::ExponentialUnscaled { name: name.into(), with: "economic", needs: "within" });
        }
        let column = self.economic.clone().unwrap_or_default();
        Ok(WeightsChoice::Economic { table: self.table.clone(), column, near, decay })
    }

    fn combined(&self, name: &str, source: &'static str) -> Result<WeightsChoice, WeightsFault> {
        let how = match source {
            "union" => Combination::Union,
            "intersection" => Combination::Intersection,
            _ => Combination::Difference,
        };
        let of = self.parts().to_vec();
        if of.len() < 2 {
            return Err(WeightsFault::TooFew { name: name.into(), key: source, count: of.len() });
        }
        Ok(WeightsChoice::Combined { how, of })
    }

    /// Names of the weights that these are made of.
    pub fn parts(&self) -> &[String] {
        let parts = [&self.union, &self.intersection, &self.difference].into_iter().flatten().next();
        parts.map_or(&[], Vec::as_slice)
    }
}

/// Names of all weights, each after those that it is made of.
///
/// # Errors
/// Weights that are not there, or made of themselves.
pub fn in_order(weights: &IndexMap<String, RawWeights>) -> Result<Vec<String>, WeightsFault> {
    let mut done: Vec<String> = Vec::new();
    for name in weights.keys() {
        visit(weights, name, &mut Vec::new(), &mut done)?;
    }
    Ok(done)
}

fn visit(
    weights: &IndexMap<String, RawWeights>,
    name: &str,
    way: &mut Vec<String>,
    done: &mut Vec<String>,
) -> Result<(), WeightsFault> {
    if done.iter().any(|known| known == name) {
        return Ok(());
    }
    if way.iter().any(|known| known == name) {
        return Err(WeightsFault::Circular { name: name.into(), way: way.clone() });
    }
    way.push(name.into());
    for part in weights.get(name).map_or(&[][..], RawWeights::parts) {
        if !weights.contains_key(part) {
            let nearest = nearest(part, weights.keys().map(String::as_str)).map(String::from);
            return Err(WeightsFault::Unknown { name: name.into(), of: part.clone(), nearest });
        }
        visit(weights, part, way, done)?;
    }
    way.pop();
    done.push(name.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(text: &str) -> IndexMap<String, RawWeights> {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn every_kind_reads_and_what_says_nothing_is_refused() {
        let all = weights(
            r#"
            kernel = { kernel = "epanechnikov", bandwidth_km = 300 }
            adaptive = { kernel = "gaussian", k_nearest = 8, standardize = "none" }
            state = { block = "state", table = "regions" }
            income = { economic = "income", k_nearest = 4 }
            second = { contiguity = "queen", order = 2, lower_orders = true, standardize = "spectral" }
            both = { intersection = ["kernel", "state"], symmetry = "mean" }
            wide = { kernel = "uniform" }
            lone = { contiguity = "rook", within = 3 }
            loose = { contiguity = "rook", tolerance = 0.01 }
            band = { distance_km = 100, tolerance = 0.01 }
            negative = { contiguity = "queen", tolerance = -1 }
            few = { union = ["kernel"] }
            zero = { contiguity = "rook", order = 0 }
            "#,
        );
        let of = |name: &str| all[name].choice(name);
        assert!(matches!(of("kernel"), Ok(WeightsChoice::Kernel { bandwidth: Bandwidth::Fixed(300.0), .. })));
        assert!(matches!(of("adaptive"), Ok(WeightsChoice::Kernel { bandwidth: Bandwidth::Adaptive(8), .. })));
        assert!(matches!(of("state"), Ok(WeightsChoice::Block { .. })));
        assert!(matches!(
            of("income"),
            Ok(WeightsChoice::Economic {
                near: NearValue::Nearest(4),
                decay: Falling { decay: Decay::Inverse, .. },
                ..
            })
        ));
        assert!(matches!(of("both"), Ok(WeightsChoice::Combined { how: Combination::Intersection, .. })));
        assert!(matches!(of("wide"), Err(WeightsFault::Bandwidth { .. })));
        assert!(matches!(of("lone"), Err(WeightsFault::Alone { key: "within", .. })));
        assert!(matches!(of("loose"), Ok(WeightsChoice::Contiguity { tolerance: 0.01, .. })));
        assert!(matches!(of("band"), Err(WeightsFault::Alone { key: "tolerance", .. })));
        assert!(matches!(of("negative"), Err(WeightsFault::NotPositive { key: "tolerance", .. })));
        assert!(matches!(of("few"), Err(WeightsFault::TooFew { .. })));
        assert!(matches!(of("zero"), Err(WeightsFault::NotPositive { key: "order", .. })));
    }

    #[test]
    fn parts_come_first_and_circles_are_named() {
        let order =
            in_order(&weights("a = { union = ['b', 'c'] }\nb = { block = 's' }\nc = { k_nearest = 2 }")).unwrap();
        assert_eq!(order, ["b", "c", "a"]);
        let fault = in_order(&weights("a = { union = ['b', 'b'] }\nb = { union = ['a', 'a'] }")).unwrap_err();
        assert!(matches!(fault, WeightsFault::Circular { .. }));
        let fault = in_order(&weights("near = { k_nearest = 2 }\na = { union = ['naer', 'near'] }")).unwrap_err();
        assert!(fault.to_string().contains("did you mean 'near'?"), "{fault}");
    }
}
