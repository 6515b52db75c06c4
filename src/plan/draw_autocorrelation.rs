//! The figures of spatial autocorrelation: a Moran scatter and a map of local clusters, of one period each.

use std::collections::HashMap;

use crate::infer::association::{AutocorrelationRecord, LocalBivariate, LocalRow};
use crate::report::figure::Frame;
use crate::report::figure::moran::{MoranPlot, MoranPoint, moran_scatter};
use crate::report::map::{CategoryPlot, CategoryShape, Direction, NOT_SIGNIFICANT, categories};
use crate::report::number::Digits;
use crate::space::{Projection, project};
use crate::study::AutocorrelationSpec;

use super::autocorrelation::Autocorrelation;
use super::draw::Drawn;
use super::execute::{RunError, is_synthetic};
use super::prepare::Prepared;
use super::resolve::Plan;

/// Quadrants of local clusters with their colours, in the order of the legend.
const CLUSTERS: [(&str, &str); 5] = [
    ("high-high", "#b5302a"),
    ("low-low", "#2b66a8"),
    ("high-low", "#e79b8f"),
    ("low-high", "#93b9dc"),
    (NOT_SIGNIFICANT, "#eceef0"),
];

/// Which local statistic a map is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clusters {
    /// Moran's.
    Own,
    /// The bivariate one.
    Bivariate,
}

/// The figures of every autocorrelation: a scatter, and where the study has polygons a map of clusters, and one of bivariate clusters.
pub(super) fn figures(plan: &Plan, prepared: &Prepared, found: &[Autocorrelation]) -> Result<Vec<Drawn>, RunError> {
    let mut out = Vec::new();
    for (spec, one) in plan.study.autocorrelations.iter().zip(found) {
        let figures = Figures { plan, prepared, spec, record: &one.record };
        let local = figures.period(&one.local)?;
        out.push(figures.scatter(&local));
        out.extend(figures.map(&local, Clusters::Own));
        if spec.other.is_some() {
            out.extend(figures.map(&local, Clusters::Bivariate));
        }
    }
    Ok(out)
}

struct Figures<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared,
    spec: &'a AutocorrelationSpec,
    record: &'a AutocorrelationRecord,
}

impl Figures<'_> {
    /// The regions in the period of the figures.
    fn period<'r>(&self, local: &'r [LocalRow]) -> Result<Vec<&'r LocalRow>, RunError> {
        let wanted = match &self.spec.period {
            Some(period) => period.as_str(),
            None => local.last().map_or("", |row| row.period.as_str()),
        };
        let rows: Vec<&LocalRow> = local.iter().filter(|row| row.period == wanted).collect();
        if rows.is_empty() {
            let mut known: Vec<&str> = local.iter().map(|row| row.period.as_str()).collect();
            known.dedup();
            let near = crate::study::nearest(wanted, known.iter().copied());
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let message = format!("there is no period {wanted}{hint}");
            return Err(RunError::Autocorrelation { name: self.spec.name.clone(), message });
        }
        Ok(rows)
    }

    fn frame(&self, title: &str) -> Frame {
        Frame { title: title.into(), note: None, synthetic: is_synthetic(self.prepared) }
    }

    fn when(&self, rows: &[&LocalRow]) -> String {
        match rows.first().map(|row| row.period.as_str()) {
            Some(period) if !period.is_empty() => format!(", {period}"),
            _ => String::new(),
        }
    }

    fn drawn(&self, what: &str, svg: crate::report::figure::Svg, title: String, caption: String) -> Drawn {
        Drawn { name: format!("{}_{what}", self.spec.name), title, caption, is_map: what.ends_with("clusters"), svg }
    }

    fn scatter(&self, rows: &[&LocalRow]) -> Drawn {
        let n = rows.len() as f64;
        let mean = rows.iter().map(|row| row.value).sum::<f64>() / n;
        let deviation = (rows.iter().map(|row| (row.value - mean).powi(2)).sum::<f64>() / n).sqrt();
        let points: Vec<MoranPoint> = rows
            .iter()
            .map(|row| MoranPoint {
                name: row.region.clone(),
                x: (row.value - mean) / deviation,
                y: row.lag_of_deviations / deviation,
                colour: row.is_significant.then(|| colour(row.quadrant)).flatten(),
                quadrant: row.quadrant,
            })
            .collect();
        // Least squares through the middle: Moran's I where rows of the weights sum to one.
        let products: f64 = points.iter().map(|point| point.x * point.y).sum();
        let slope = products / points.iter().map(|point| point.x * point.x).sum::<f64>();
        let title = format!("Moran scatter of {}{}", self.spec.variable.text, self.when(rows));
        let plot = MoranPlot {
            frame: self.frame(&title),
            x_title: format!("{}, standardised", self.spec.variable.text),
            y_title: format!("Its spatial lag ({})", self.spec.weights),
            points,
            slope,
            slope_label: format!("slope {}", Digits::default().one(slope)),
        };
        let caption = format!(
            "Each dot is a region: its value and the lag of its neighbours, as deviations from the mean in standard deviations. The slope is Moran's I where the weights of a region sum to one. Regions whose local statistic is significant ({}) are coloured.",
            self.significance()
        );
        self.drawn("scatter", moran_scatter(&plot), title, caption)
    }

    fn significance(&self) -> String {
        let p = if self.record.permutations > 0 {
            format!("{} conditional permutations", self.record.permutations)
        } else {
            "normal p-values".to_string()
        };
        format!("{p}, adjusted by {} at {}", self.spec.adjust.name(), self.spec.alpha)
    }

    fn map(&self, rows: &[&LocalRow], clusters: Clusters) -> Option<Drawn> {
        let polygons = self.prepared.polygons.as_ref()?;
        let plane = project(polygons, Projection::choose(polygons));
        let by_region: HashMap<&str, &LocalRow> = rows.iter().map(|row| (row.region.as_str(), *row)).collect();
        let regions = plane.ids.iter().zip(&plane.names).zip(&plane.shapes);
        let shapes = regions.map(|((id, name), shape)| {
            let place = by_region.get(id.as_str()).and_then(|row| Place::of(row, clusters));
            CategoryShape {
                name: name.clone().unwrap_or_else(|| id.clone()),
                rings: shape.rings.iter().map(|ring| ring.iter().map(|&[x, y]| (x, y)).collect()).collect(),
                category: place.as_ref().and_then(Place::category),
                detail: place.as_ref().map_or_else(String::new, Place::detail),
            }
        });
        let (own, other) = (&self.spec.variable.text, self.spec.other.as_ref().map_or("", |other| &other.text));
        let (of, statistic, what) = match clusters {
            Clusters::Own => (own.clone(), "Local Moran", "clusters"),
            Clusters::Bivariate => {
                (format!("{own} and the lag of {other}"), "Local bivariate Moran", "bivariate_clusters")
            }
        };
        let title = format!("Local clusters of {of}{}", self.when(rows));
        let plot = CategoryPlot {
            frame: self.frame(&title),
            label: format!("{statistic} of {of} through {}", self.spec.weights),
            shapes: shapes.collect(),
            categories: CLUSTERS.to_vec(),
            direction: Direction::Down,
        };
        let among = match clusters {
            Clusters::Own => "high among high, low among low, and outliers".to_string(),
            Clusters::Bivariate => format!("high or low in {own}, among neighbours high or low in {other}"),
        };
        let region = super::prepare::Roles::of(&self.plan.study).region;
        let caption = format!(
            "Regions whose {} is significant ({}): {among}. Regions without data are hatched. One place for each {region}.",
            statistic.replacen('L', "l", 1),
            self.significance()
        );
        Some(self.drawn(what, categories(&plot), title, caption))
    }
}

/// What a map says of a region.
struct Place {
    value: f64,
    lag: f64,
    adjusted_p_value: f64,
    quadrant: &'static str,
    is_significant: bool,
}

impl Place {
    fn of(row: &LocalRow, clusters: Clusters) -> Option<Place> {
        let own = Place {
            value: row.value,
            lag: row.lag,
            adjusted_p_value: row.adjusted_p_value,
            quadrant: row.quadrant,
            is_significant: row.is_significant,
        };
        if clusters == Clusters::Own {
            return Some(own);
        }
        let LocalBivariate { lag, moran, quadrant, is_significant } = row.bivariate?;
        Some(Place { lag, adjusted_p_value: moran.adjusted_p_value, quadrant, is_significant, ..own })
    }

    fn category(&self) -> Option<usize> {
        let name = if self.is_significant { self.quadrant } else { NOT_SIGNIFICANT };
        CLUSTERS.iter().position(|(known, _)| *known == name)
    }

    fn detail(&self) -> String {
        let [value, lag, p] = [self.value, self.lag, self.adjusted_p_value].map(|number| Digits::default().one(number));
        format!(", value {value}, lag {lag}, adjusted p {p}")
    }
}

fn colour(quadrant: &str) -> Option<&'static str> {
    CLUSTERS.iter().find(|(name, _)| *name == quadrant).map(|(_, colour)| *colour)
}
