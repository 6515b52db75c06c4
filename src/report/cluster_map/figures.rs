//! The maps of a measured map.

use std::collections::HashMap;

use crate::describe::{Scheme, breaks};
use crate::plan::map::{MeasuredMap, is_called};
use crate::report::figure::{Frame, Svg};
use crate::report::map::{Direction, MapPlot, Shape, choropleth};

/// Classes of a map.
const CLASSES: usize = 5;

/// A drawn map.
#[derive(Clone, Debug)]
pub struct MapFigure {
    /// Its name, for files.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The picture.
    pub svg: Svg,
}

/// The maps of one period: cluster strength of the regions, wages where there are payrolls, and the quotients of the
/// clusters that are asked for. None where the study has no outlines. Names that no cluster has are returned too.
pub fn figures(measured: &MeasuredMap, period: u32, wanted: &[String]) -> (Vec<MapFigure>, Vec<String>) {
    let mut unknown = Vec::new();
    let Some(outlines) = &measured.outlines else { return (Vec::new(), unknown) };
    let map = &measured.map;
    let when = map.time(period).map_or(String::new(), |time| format!(", {time}"));
    let id = |region: u32| map.regions[region as usize].clone();
    let rows = || map.region_summaries.iter().filter(|row| row.period == period);
    let mut drawn = Vec::new();
    let mut draw = |name: String, title: String, label: &str, values: HashMap<String, f64>| {
        let listed: Vec<f64> = outlines.ids.iter().filter_map(|id| values.get(id)).copied().collect();
        // A map on which nothing is known is not drawn.
        let Ok(classes) = breaks(&listed, Scheme::Quantile, CLASSES) else { return };
        let plot = MapPlot {
            frame: Frame { title: title.clone(), note: None, synthetic: measured.is_synthetic },
            label: label.to_string(),
            shapes: Shape::of_regions(outlines, &values),
            classes,
            outlines: Vec::new(),
            direction: Direction::Down,
        };
        drawn.push(MapFigure { name, title, svg: choropleth(&plot) });
    };
    let strength = rows().map(|row| (id(row.region), 100.0 * row.cluster_strength)).collect();
    draw(
        "cluster_strength".into(),
        format!("Regional cluster strength{when}"),
        "Traded employment in strong clusters, per cent",
        strength,
    );
    if map.has[1] {
        let wages = rows().map(|row| (id(row.region), row.wage)).collect();
        draw("wage".into(), format!("Wage{when}"), "Payroll per employee", wages);
    }
    for wanted in wanted {
        match (0..map.clusters.len() as u32).find(|&cluster| is_called(measured, cluster, wanted)) {
            None => unknown.push(wanted.clone()),
            Some(cluster) => {
                let cells = map.of_period(period as usize).iter().filter(|cell| cell.cluster == cluster);
                let values = cells.map(|cell| (id(cell.region), cell.location_quotient)).collect();
                let code: String = map.clusters[cluster as usize].name.to_lowercase();
                let code: String = code.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
                let title = format!("{}: location quotient{when}", measured.cluster(cluster));
                draw(format!("cluster_{code}"), title, "Location quotient", values);
            }
        }
    }
    (drawn, unknown)
}
