//! Writing a drawing as a Frictionless data package: tables, outlines, truth, and `datapackage.json`.
//!
//! The panel is `region_industry.csv.gz`, with six significant digits and a gzip header without time, so that the same
//! drawing gives the same bytes everywhere. Files are written beside their place and then moved there.

use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::{Geography, Industries, Outcome, Process, ProcessError, Row};

/// What is written.
pub(super) struct Package<'a> {
    pub process: &'a Process,
    pub geography: &'a Geography,
    pub industries: &'a Industries,
    pub rows: &'a [Row],
    pub replicate: u64,
}

/// A table: its columns as (name, type, unit or empty, description), its key, and its lines.
struct Table {
    name: &'static str,
    title: &'static str,
    fields: Vec<[&'static str; 4]>,
    key: &'static [&'static str],
    lines: Vec<String>,
}

impl Package<'_> {
    /// Writes every file; gives their names.
    pub fn write(&self, out: &Path) -> Result<Vec<String>, ProcessError> {
        let failed = |source| ProcessError::Write { path: out.to_path_buf(), source };
        std::fs::create_dir_all(out).map_err(failed)?;
        let mut files = Vec::new();
        let mut resources = Vec::new();
        for table in self.tables() {
            let packed = table.name == "region_industry";
            let path = format!("{}.csv{}", table.name, if packed { ".gz" } else { "" });
            let text = table.text();
            save(out, &path, &if packed { gzip(&text).map_err(failed)? } else { text })?;
            resources.push(table.resource(&path));
            files.push(path);
        }
        save(out, "regions.json", format!("{}\n", self.geography.outlines.trim_end()).as_bytes())?;
        resources.push(outlines());
        save(out, "datapackage.json", self.describe(resources).as_bytes())?;
        files.extend(["regions.json".to_string(), "datapackage.json".to_string()]);
        Ok(files)
    }

    fn tables(&self) -> Vec<Table> {
        let mut tables = vec![
            self.panel(),
            self.industry_table(),
            self.definition(),
            self.broad(),
            self.relatedness(),
            self.region_names(),
            self.neighbors(),
            self.truth(),
        ];
        if !self.geography.counties.is_empty() {
            tables.push(self.counties());
        }
        tables
    }

    fn panel(&self) -> Table {
        let line = |row: &Row| {
            let industry = &self.industries.list[row.industry];
            let region = &self.geography.regions[row.region];
            let [employment, wage, startups, patents] = row.values.map(|value| value.to_string());
            let shown = |value: String| if row.suppressed { String::new() } else { value };
            line(&[
                &region.id,
                &industry.id,
                &row.year.to_string(),
                &shown(employment),
                &row.establishments.to_string(),
                &shown(wage),
                &startups,
                &patents,
                &self.industries.clusters[industry.cluster],
                truth(industry.traded),
                &region.state,
                truth(row.suppressed),
            ])
        };
        Table {
            name: "region_industry",
            title: "Synthetic region x industry x year panel",
            fields: vec![
                ["region", "string", "", "Region id"],
                ["industry", "string", "", "Industry id"],
                ["year", "integer", "", "Year"],
                ["employment", "number", "jobs", "Annual average; empty where suppressed"],
                ["establishments", "integer", "establishments", ""],
                ["wage", "number", "US dollars per job and year", "Payroll per job; empty where suppressed"],
                ["startups", "number", "establishments per year", "New establishments, annual average"],
                ["patents", "number", "patents per year", "Annual average"],
                ["cluster", "string", "", "Cluster of the industry (narrow definition)"],
                ["traded", "boolean", "", "Whether the industry serves other regions"],
                ["state", "string", "", "State of the county that the region is named after"],
                ["suppressed", "boolean", "", "Whether employment and wage are hidden"],
            ],
            key: &["region", "industry", "year"],
            lines: self.rows.iter().map(line).collect(),
        }
    }

    fn industry_table(&self) -> Table {
        let lines = self.industries.list.iter().map(|industry| {
            let cluster = &self.industries.clusters[industry.cluster];
            line(&[&industry.id, &format!("Industry {}", industry.id), cluster, truth(industry.traded)])
        });
        Table {
            name: "industries",
            title: "Invented industries",
            fields: vec![
                ["industry", "string", "", "Industry id"],
                ["name", "string", "", "Name"],
                ["cluster", "string", "", "Cluster (narrow definition)"],
                ["traded", "boolean", "", "Whether the industry serves other regions"],
            ],
            key: &["industry"],
            lines: lines.collect(),
        }
    }

    fn definition(&self) -> Table {
        let cluster = |c: usize| &self.industries.clusters[c];
        Table {
            name: "definition",
            title: "Narrow cluster definition: every industry in one cluster",
            fields: vec![["industry", "string", "", "Industry id"], ["cluster", "string", "", "Cluster id"]],
            key: &["industry"],
            lines: self.industries.list.iter().map(|one| line(&[&one.id, cluster(one.cluster)])).collect(),
        }
    }

    fn broad(&self) -> Table {
        let narrow = self.industries.list.iter().enumerate().map(|(i, industry)| (i, industry.cluster));
        let mut pairs: Vec<(usize, usize)> = narrow.chain(self.industries.broad.iter().copied()).collect();
        pairs.sort_unstable();
        let name = |(i, c): (usize, usize)| line(&[&self.industries.list[i].id, &self.industries.clusters[c]]);
        Table {
            name: "broad",
            title: "Broad cluster definition: an industry may be in several clusters",
            fields: vec![["industry", "string", "", "Industry id"], ["cluster", "string", "", "Cluster id"]],
            key: &["industry", "cluster"],
            lines: pairs.into_iter().map(name).collect(),
        }
    }

    fn relatedness(&self) -> Table {
        let clusters = &self.industries.clusters;
        let mut lines = Vec::new();
        for (c, row) in self.industries.overlap.iter().enumerate() {
            for (d, overlap) in row.iter().enumerate().filter(|(_, overlap)| **overlap > 0.0) {
                lines.push(line(&[&clusters[c], &clusters[d], &overlap.to_string()]));
            }
        }
        Table {
            name: "relatedness",
            title: "Overlap of clusters",
            fields: vec![
                ["cluster", "string", "", "Cluster id"],
                ["related", "string", "", "Related cluster id"],
                [
                    "overlap",
                    "number",
                    "",
                    "Mean share of the narrow industries of one in the broad definition of the other",
                ],
            ],
            key: &["cluster", "related"],
            lines,
        }
    }

    fn region_names(&self) -> Table {
        let lines = self.geography.regions.iter().map(|region| {
            let [longitude, latitude] = region.place.map(|degrees| format!("{degrees:.4}"));
            line(&[&region.id, &region.name, &region.state, &longitude, &latitude])
        });
        Table {
            name: "region_names",
            title: "Regions grown from real counties; they are no official areas",
            fields: vec![
                ["region", "string", "", "Region id"],
                ["name", "string", "", "Name"],
                ["state", "string", "", "State of the county that the region is named after"],
                ["longitude", "number", "degrees east", "Of the centroid"],
                ["latitude", "number", "degrees north", "Of the centroid"],
            ],
            key: &["region"],
            lines: lines.collect(),
        }
    }

    fn neighbors(&self) -> Table {
        let id = |r: usize| &self.geography.regions[r].id;
        let pairs = self.geography.neighbors.iter().enumerate();
        Table {
            name: "neighbors",
            title: "Queen neighbours of regions, both directions",
            fields: vec![["region", "string", "", "Region id"], ["neighbor", "string", "", "Neighbouring region id"]],
            key: &["region", "neighbor"],
            lines: pairs.flat_map(|(r, list)| list.iter().map(move |&s| line(&[id(r), id(s)]))).collect(),
        }
    }

    fn counties(&self) -> Table {
        Table {
            name: "county_region",
            title: "Which county is in which region",
            fields: vec![["county", "string", "", "County FIPS code"], ["region", "string", "", "Region id"]],
            key: &["county"],
            lines: self.geography.counties.iter().map(|(county, region)| line(&[county, region])).collect(),
        }
    }

    fn truth(&self) -> Table {
        let years = f64::from(self.process.years.end - self.process.years.base);
        let mut lines = Vec::new();
        for outcome in Outcome::ALL {
            let Some(equation) = self.process.equations.get(&outcome) else { continue };
            let mut write = |term: &str, value: f64| {
                lines.push(line(&[outcome.name(), term, &value.to_string(), &(value / years).to_string()]));
            };
            equation.parameters().for_each(|(term, value)| write(term.name(), value));
            write("region_sd", equation.region_sd);
            write("industry_sd", equation.industry_sd);
            write("cluster_error_sd", equation.cluster_error_sd);
            write("error_sd", equation.error_sd);
        }
        Table {
            name: "truth",
            title: "True parameters of the growth equations",
            fields: vec![
                ["equation", "string", "", "What grows"],
                ["term", "string", "", "Log regressor in the base year, or a standard deviation"],
                ["value", "number", "", "Parameter of the log change from the base to the end year"],
                ["per_year", "number", "", "The same for the log change per year"],
            ],
            key: &["equation", "term"],
            lines,
        }
    }

    fn describe(&self, resources: Vec<Value>) -> String {
        let years = self.process.years;
        let description = format!(
            "Made up by isard from process.toml; no number in it describes a real place. Outlines and adjacency of counties are real. \
             Every growth equation holds exactly (to six digits) from {} to {}, with the parameters in truth.csv: log(y_{}/y_{}) is \
             the sum of parameters times log regressors in {}, region and industry effects, an error common to the region-cluster \
             and an error. Waves in between carry noise of their own.",
            years.base, years.end, years.end, years.base, years.base
        );
        let package = json!({
            "name": "us-synthetic",
            "title": self.process.title,
            "description": description,
            "isard:synthetic": true,
            "isard:seed": self.process.seed,
            "isard:replicate": self.replicate,
            "licenses": [{
                "name": "CC0-1.0",
                "title": "Creative Commons Zero 1.0",
                "path": "https://creativecommons.org/publicdomain/zero/1.0/"
            }],
            "sources": [{
                "title": "Synthetic: drawn by isard; counties from us-atlas 3.0.1 (ISC; shapes of the US Census Bureau, public domain)",
                "path": "https://www.npmjs.com/package/us-atlas"
            }],
            "resources": resources,
        });
        format!("{package:#}\n")
    }
}

fn outlines() -> Value {
    json!({
        "name": "regions",
        "path": "regions.json",
        "title": "Outlines of the regions (TopoJSON, degrees), made of real counties and simplified",
        "format": "topojson",
        "mediatype": "application/json",
        "licenses": [{ "name": "ISC", "title": "ISC License", "path": "https://opensource.org/license/isc-license-txt" }],
        "sources": [{
            "title": "us-atlas 3.0.1, counties-10m.json (US Census Bureau shapes)",
            "path": "https://www.npmjs.com/package/us-atlas"
        }],
        "isard:synthetic": true,
    })
}

impl Table {
    fn text(&self) -> Vec<u8> {
        let header = line(&self.fields.iter().map(|[name, ..]| *name).collect::<Vec<_>>());
        let mut text = String::with_capacity(64 * (self.lines.len() + 1));
        for line in std::iter::once(&header).chain(&self.lines) {
            text.push_str(line);
            text.push('\n');
        }
        text.into_bytes()
    }

    fn resource(&self, path: &str) -> Value {
        let field = |[name, kind, unit, description]: &[&str; 4]| {
            let mut field = json!({ "name": name, "type": kind });
            for (key, text) in [("unit", unit), ("description", description)] {
                if !text.is_empty() {
                    field[key] = json!(text);
                }
            }
            field
        };
        json!({
            "name": self.name,
            "path": path,
            "title": self.title,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "isard:synthetic": true,
            "schema": {
                "fields": self.fields.iter().map(field).collect::<Vec<_>>(),
                "primaryKey": self.key,
                "missingValues": [""],
            },
        })
    }
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// One csv line without its end; fields with commas or quotes are quoted.
fn line(fields: &[&str]) -> String {
    let quoted = |field: &&str| {
        if field.contains([',', '"', '\n']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            (*field).to_string()
        }
    };
    fields.iter().map(quoted).collect::<Vec<_>>().join(",")
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    // System 255 is "unknown", so that the header is the same on every machine.
    let mut encoder = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Writes beside the place and moves there; nothing half-written is left behind.
fn save(out: &Path, name: &str, bytes: &[u8]) -> Result<(), ProcessError> {
    let (path, part) = (out.join(name), out.join(format!(".{name}.part")));
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, &path)
    };
    write().map_err(|source| {
        // The fault that counts is the first one; a part that cannot be removed either changes nothing about it.
        let _ = std::fs::remove_file(&part);
        ProcessError::Write { path: path.clone(), source }
    })
}
