//! `[[distance_decay]]`: how fast something falls with distance, estimated by profile likelihood; raw and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::fault::nearest;
use super::geography::RawGeography;
use super::weights::RawWeights;
use crate::infer::profile::ProfileRange;
use crate::space::Decay;

/// A number of spatial weights, estimated by the likelihood of a model that lags with them.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct RawDistanceDecay {
    /// Its name.
    pub name: String,
    /// A model, by name: its likelihood is computed for each value.
    pub model: String,
    /// Weights of `[geography.weights]` by distance that the model lags with.
    pub weights: String,
    /// The number of the weights that varies.
    pub parameter: DecayParameter,
    /// The least value.
    pub from: f64,
    /// The largest value.
    pub to: f64,
    /// Values of the first pass (41), evenly spaced; the maximum is then looked for around the best.
    #[serde(default)]
    pub steps: Option<usize>,
    /// One minus the level of the interval (0.05).
    #[serde(default)]
    pub alpha: Option<f64>,
}

/// Which number of the weights varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecayParameter {
    /// The power of an inverse distance.
    Exponent,
    /// The scale of an exponential.
    ScaleKm,
    /// The largest distance of a band.
    DistanceKm,
    /// The bandwidth of a kernel.
    BandwidthKm,
}

impl DecayParameter {
    /// The key of the weights.
    pub fn key(self) -> &'static str {
        match self {
            DecayParameter::Exponent => "exponent",
            DecayParameter::ScaleKm => "scale_km",
            DecayParameter::DistanceKm => "distance_km",
            DecayParameter::BandwidthKm => "bandwidth_km",
        }
    }

    /// What it is, for tables and figures.
    pub fn label(self) -> &'static str {
        match self {
            DecayParameter::Exponent => "Exponent of distance",
            DecayParameter::ScaleKm => "Scale of the exponential, km",
            DecayParameter::DistanceKm => "Largest distance, km",
            DecayParameter::BandwidthKm => "Bandwidth, km",
        }
    }

    /// The weights with another value.
    pub fn set(self, weights: &RawWeights, value: f64) -> RawWeights {
        let mut out = weights.clone();
        *match self {
            DecayParameter::Exponent => &mut out.exponent,
            DecayParameter::ScaleKm => &mut out.scale_km,
            DecayParameter::DistanceKm => &mut out.distance_km,
            DecayParameter::BandwidthKm => &mut out.bandwidth_km,
        } = Some(value);
        out
    }

    /// What weights need for the number to mean something; nothing if they have it.
    fn missing(self, weights: &RawWeights) -> Option<&'static str> {
        let by_distance = weights.distance_km.is_some() || weights.k_nearest.is_some() && weights.economic.is_none();
        let (is_there, needs) = match self {
            DecayParameter::Exponent => (
                by_distance && weights.decay == Some(Decay::Inverse),
                "distance_km (or k_nearest) and decay = \"inverse\"",
            ),
            DecayParameter::ScaleKm => (
                by_distance && weights.decay == Some(Decay::Exponential),
                "distance_km (or k_nearest) and decay = \"exponential\"",
            ),
            DecayParameter::DistanceKm => (weights.distance_km.is_some(), "distance_km"),
            DecayParameter::BandwidthKm => {
                (weights.kernel.is_some() && weights.k_nearest.is_none(), "kernel and bandwidth_km")
            }
        };
        (!is_there).then_some(needs)
    }
}

/// The section, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct DistanceDecaySpec {
    /// Its name.
    pub name: String,
    /// The model.
    pub model: String,
    /// The weights.
    pub weights: String,
    /// The number that varies.
    pub parameter: DecayParameter,
    /// Where it is looked for.
    pub range: ProfileRange,
    /// Where the section stands.
    pub at: String,
}

/// Values of the first pass, where the study gives none.
const STEPS: usize = 41;

impl Checker<'_> {
    pub(super) fn distance_decays(
        &mut self,
        sections: &[RawDistanceDecay],
        (geography, models): (Option<&RawGeography>, &[String]),
    ) -> Vec<DistanceDecaySpec> {
        let mut found: Vec<DistanceDecaySpec> = Vec::new();
        for (position, section) in sections.iter().enumerate() {
            let at = format!("distance_decay.{position}");
            if found.iter().any(|known| known.name == section.name) {
                self.fault(&format!("{at}.name"), format!("two distance decays are named `{}`", section.name), None);
            }
            // A model of an axis is named with its choice, which the plan knows.
            let base = section.model.split('[').next().unwrap_or_default();
            if !models.iter().any(|model| model == base) {
                let near = nearest(base, models.iter().map(String::as_str));
                let help = near.map_or_else(
                    || format!("the study has: {}", models.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                self.fault(&format!("{at}.model"), format!("there is no model `{}`", section.model), Some(help));
            }
            self.varied_weights(section, geography, &at);
            let steps = section.steps.unwrap_or(STEPS);
            let alpha = section.alpha.unwrap_or(0.05);
            let least = if section.parameter == DecayParameter::Exponent { 0.0 } else { f64::MIN_POSITIVE };
            let sound = [
                (
                    "from",
                    section.from >= least && section.from.is_finite(),
                    "`from` is below what the number can be",
                    "an exponent is zero or more, a distance above zero",
                ),
                (
                    "to",
                    section.to > section.from && section.to.is_finite(),
                    "`to` must be above `from`",
                    "they are the ends of the range that is searched",
                ),
                ("steps", (3..=1000).contains(&steps), "`steps` must be from 3 to 1000", "41 is the default"),
                (
                    "alpha",
                    alpha > 0.0 && alpha < 1.0,
                    "`alpha` is a share between 0 and 1",
                    "0.05 gives an interval of 95 per cent",
                ),
            ];
            for (key, is_sound, message, help) in sound {
                if !is_sound {
                    self.fault(&format!("{at}.{key}"), message, Some(help.into()));
                }
            }
            // A band takes regions in or not: its likelihood has steps.
            let is_smooth = section.parameter != DecayParameter::DistanceKm;
            found.push(DistanceDecaySpec {
                name: section.name.clone(),
                model: section.model.clone(),
                weights: section.weights.clone(),
                parameter: section.parameter,
                range: ProfileRange { from: section.from, to: section.to, steps, is_smooth, alpha },
                at,
            });
        }
        found
    }

    /// Weights that have the number, and that no others are made of.
    fn varied_weights(&mut self, section: &RawDistanceDecay, geography: Option<&RawGeography>, at: &str) {
        let names: Vec<String> =
            geography.map(|geography| geography.weights.keys().cloned().collect()).unwrap_or_default();
        self.weights_named(&section.weights, &names, &format!("{at}.weights"));
        let Some(geography) = geography else { return };
        let Some(weights) = geography.weights.get(&section.weights) else { return };
        if let Some(needs) = section.parameter.missing(weights) {
            let message =
                format!("the weights `{}` have no {} that could vary", section.weights, section.parameter.key());
            self.fault(&format!("{at}.parameter"), message, Some(format!("it needs {needs}")));
        }
        let made = geography.weights.iter().find(|(_, other)| other.parts().contains(&section.weights));
        if let Some((other, _)) = made {
            let message =
                format!("the weights `{other}` are made of `{}`, and would not vary with them", section.weights);
            self.fault(&format!("{at}.weights"), message, Some("give the model weights of its own".into()));
        }
    }
}
