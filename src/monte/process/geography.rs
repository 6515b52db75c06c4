//! [`Geography`]: regions with outlines and neighbours, grown from counties or read back from an earlier drawing.

use std::collections::{BTreeSet, HashMap};

use super::growth::{self, Graph};
use super::{Process, ProcessError};
use crate::space::{Contiguity, PolygonSource, Polygons, Topology};

/// United States territories outside the states (FIPS), which have no place on the usual map.
const TERRITORIES: [&str; 5] = ["60", "66", "69", "72", "78"];

/// One region.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// `R001`, ...
    pub id: String,
    /// `Region around COUNTY, STATE`.
    pub name: String,
    /// The state of that county.
    pub state: String,
    /// Longitude and latitude of its centroid.
    pub place: [f64; 2],
}

/// The regions of a process.
#[derive(Clone, Debug, PartialEq)]
pub struct Geography {
    /// In order of id.
    pub regions: Vec<Region>,
    /// Positions of each region's queen neighbours, ascending.
    pub neighbors: Vec<Vec<usize>>,
    /// Outlines as TopoJSON text with one object `regions`.
    pub outlines: String,
    /// Pairs (county, region) when the regions were grown here.
    pub counties: Vec<(String, String)>,
}

impl Geography {
    /// Grows regions from a TopoJSON file of counties with objects `counties` (ids: five-digit FIPS) and `states` (names),
    /// such as `counties-10m.json` of the npm package us-atlas. Territories are left out.
    ///
    /// # Errors
    /// When the polygons cannot be read, or there are fewer counties than regions.
    pub fn from_counties(process: &Process, bytes: &[u8]) -> Result<Self, ProcessError> {
        let object = |name: &str| {
            Polygons::parse(bytes, &PolygonSource { object: Some(name.to_string()), id: None })
                .map_err(ProcessError::from)
        };
        let states = object("states")?;
        let names: HashMap<String, String> =
            states.ids.into_iter().zip(states.names).filter_map(|(id, name)| Some((id, name?))).collect();
        let counties = object("counties")?.filtered(|id| !TERRITORIES.contains(&state_of(id)));
        Geography::grow(process, &counties, &names)
    }

    /// Grows regions from county outlines. `states` maps the first two digits of a county's id to the state's name.
    ///
    /// # Errors
    /// When there are fewer counties than regions, or outlines are projected.
    pub fn grow(
        process: &Process,
        counties: &Polygons,
        states: &HashMap<String, String>,
    ) -> Result<Self, ProcessError> {
        // Areas without outline cannot be placed; the order of the file must not matter.
        let mut by_id: Vec<(String, [f64; 2])> = {
            let points = counties.centroids()?;
            points.ids.into_iter().zip(points.places).collect()
        };
        by_id.sort_by(|a, b| a.0.cmp(&b.0));
        let (ids, places): (Vec<String>, Vec<[f64; 2]>) = by_id.into_iter().unzip();
        let plan = process.regions;
        if plan.count == 0 || plan.count > ids.len() {
            return Err(ProcessError::RegionCount { count: plan.count, counties: ids.len() });
        }
        let county_states: Vec<&str> = ids.iter().map(|id| state_of(id)).collect();
        let mut graph = Graph { places: &places, states: &county_states, neighbors: adjacency(counties, &ids) };
        graph.link_islands();
        let mut stream = process.streams().stream("regions", 0);
        let (middles, region) = growth::regions(&graph, plan.count, plan.rounds, &mut stream);

        // Number the regions by the id of their middle county, that is by state.
        let mut order: Vec<usize> = (0..plan.count).collect();
        order.sort_by_key(|&r| middles[r]);
        let mut id_of = vec![String::new(); plan.count];
        for (k, &r) in order.iter().enumerate() {
            id_of[r] = format!("R{:03}", k + 1);
        }
        let county_names: HashMap<&str, &Option<String>> =
            counties.ids.iter().map(String::as_str).zip(&counties.names).collect();
        let title = |r: usize| {
            let id = &ids[middles[r]];
            let county = county_names.get(id.as_str()).and_then(|name| name.as_deref()).unwrap_or(id);
            let state = states.get(state_of(id)).map_or(state_of(id), String::as_str);
            format!("Region around {county}, {state}")
        };
        let membership: Vec<(String, String)> =
            ids.iter().zip(&region).filter_map(|(id, &r)| Some((id.clone(), id_of.get(r)?.clone()))).collect();
        let mut merged = counties.dissolve(&membership.iter().cloned().collect());
        merged.names = order.iter().map(|&r| Some(title(r))).collect();
        let outlines = Topology::new(&merged).simplified(plan.simplify).to_topojson("regions", plan.grid);
        let mut geography = Geography::from_outlines(&outlines)?;
        geography.counties = membership;
        Ok(geography)
    }

    /// Reads the outlines that an earlier drawing wrote, so that another replicate needs no counties.
    ///
    /// # Errors
    /// When the text is no such TopoJSON.
    pub fn from_outlines(outlines: &str) -> Result<Self, ProcessError> {
        let polygons = Polygons::parse(outlines.as_bytes(), &PolygonSource::default())?;
        let places: HashMap<String, [f64; 2]> = {
            let points = polygons.centroids()?;
            points.ids.into_iter().zip(points.places).collect()
        };
        let region = |(id, name): (&String, &Option<String>)| {
            let fault = || ProcessError::RegionName { region: id.clone() };
            let name = name.clone().ok_or_else(fault)?;
            let state = name.rsplit_once(", ").ok_or_else(fault)?.1.to_string();
            let place = *places.get(id).ok_or_else(fault)?;
            Ok(Region { id: id.clone(), name, state, place })
        };
        let regions: Vec<Region> =
            polygons.ids.iter().zip(&polygons.names).map(region).collect::<Result<_, ProcessError>>()?;
        let mut neighbors = vec![Vec::new(); regions.len()];
        for (r, s) in polygons.contiguous(Contiguity::Queen) {
            neighbors[r].push(s);
        }
        Ok(Geography { regions, neighbors, outlines: outlines.to_string(), counties: Vec::new() })
    }
}

fn state_of(county: &str) -> &str {
    county.get(..2).unwrap_or(county)
}

/// Queen neighbours by position in `ids`.
fn adjacency(counties: &Polygons, ids: &[String]) -> Vec<BTreeSet<usize>> {
    let position: HashMap<&str, usize> = ids.iter().enumerate().map(|(k, id)| (id.as_str(), k)).collect();
    let mut neighbors = vec![BTreeSet::new(); ids.len()];
    for (r, s) in counties.contiguous(Contiguity::Queen) {
        if let (Some(&r), Some(&s)) = (position.get(counties.ids[r].as_str()), position.get(counties.ids[s].as_str())) {
            neighbors[r].insert(s);
        }
    }
    neighbors
}
