//! [`Sources`]: what similarities are computed from.

use nalgebra::DMatrix;

use super::DefineError;
use crate::mapping::RegionIndustry;
use crate::mapping::similarity::{
    Flow, Profile, Reference, Similarity, coagglomeration, cosine, input_output_links, locational_correlation,
    occupational_correlation, proximity, standardised_average,
};
use crate::panel::Loaded;
use crate::plan::prepare::{Roles, number_column, text_column};
use crate::study::define::{DefineSection, SimilarityName};

/// The tables of a definition.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Employment by region and industry.
    pub employment: Option<RegionIndustry>,
    /// Establishments by region and industry.
    pub establishments: Option<RegionIndustry>,
    flows: Option<Similarity>,
    occupations: Option<Similarity>,
}

impl Sources {
    /// Reads the tables that a section names.
    ///
    /// # Errors
    /// When a table or column is not there, or its values cannot be used.
    pub fn read(loaded: &mut Loaded, section: &DefineSection, roles: &Roles) -> Result<Self, DefineError> {
        let industry = roles.industry.as_ref().ok_or(DefineError::NoIndustry)?;
        let (name, cells) = match &section.cells {
            Some(name) => (name.clone(), loaded.table(name).map_err(crate::plan::RunError::from)?),
            None => ("the panel".to_string(), loaded.panel.clone()),
        };
        let table = |column: &Option<String>| -> Result<Option<RegionIndustry>, DefineError> {
            let Some(column) = column else { return Ok(None) };
            let regions = text_column(&cells, &name, &roles.region)?;
            let industries = text_column(&cells, &name, industry)?;
            let values = number_column(&cells, &name, column)?;
            let found = RegionIndustry::from_rows(&regions, &industries, &values);
            found.map(Some).map_err(|source| DefineError::Cells { table: name.clone(), column: column.clone(), source })
        };
        let (employment, establishments) = (table(&section.employment)?, table(&section.establishments)?);
        let known = employment.as_ref().or(establishments.as_ref());
        let names: Vec<String> = known.map(|table| table.industries().to_vec()).unwrap_or_default();
        let flows = match &section.input_output {
            Some(table) => Some(flows(loaded, table, &names)?),
            None => None,
        };
        let occupations = match &section.occupations {
            Some(table) => Some(occupations(loaded, table, industry)?),
            None => None,
        };
        Ok(Sources { employment, establishments, flows, occupations })
    }

    /// The industries, in order.
    pub fn industries(&self) -> Vec<String> {
        let table = self.employment.as_ref().or(self.establishments.as_ref());
        table.map(|table| table.industries().to_vec()).unwrap_or_default()
    }

    /// The number of regions.
    pub fn n_regions(&self) -> usize {
        self.employment.as_ref().or(self.establishments.as_ref()).map_or(0, |table| table.regions().len())
    }

    /// A similarity of some industries; undefined where a source is not there.
    pub fn similarity(&self, name: SimilarityName, industries: &[String]) -> Similarity {
        use SimilarityName as S;
        if !name.parts().is_empty() {
            let parts: Vec<Similarity> = name.parts().iter().map(|part| self.similarity(*part, industries)).collect();
            let parts: Vec<&Similarity> = parts.iter().collect();
            return standardised_average(&parts).unwrap_or_else(|| nothing(industries));
        }
        let profile = |profile| self.employment.as_ref().map(|table| locational_correlation(table, profile));
        let of_establishments =
            |profile| self.establishments.as_ref().map(|table| locational_correlation(table, profile));
        let found = match name {
            S::LcEmployment => profile(Profile::Levels),
            S::LcEmploymentShares => profile(Profile::Shares),
            S::LcEmploymentLogs => profile(Profile::Logs),
            S::LcEstablishments => of_establishments(Profile::Levels),
            S::LcEstablishmentsShares => of_establishments(Profile::Shares),
            S::LcEstablishmentsLogs => of_establishments(Profile::Logs),
            S::Coagglomeration => self.employment.as_ref().map(|table| coagglomeration(table, Reference::default())),
            S::Proximity => {
                self.employment.as_ref().map(|table| proximity(table.industries(), &table.specialised(1.0)))
            }
            S::Cosine => self.employment.as_ref().map(|table| cosine(table, Profile::Quotients)),
            S::InputOutput => self.flows.clone(),
            S::Occupation => self.occupations.clone(),
            S::Lc | S::LcIo | S::LcOcc | S::IoOcc | S::LcIoOcc => None,
        };
        found.map_or_else(|| nothing(industries), |found| found.among(industries))
    }

    /// The same sources on a draw of regions.
    pub fn draw(&self, regions: &[usize]) -> Sources {
        let drawn = |table: &Option<RegionIndustry>| {
            let table = table.as_ref()?;
            let names = (0..regions.len()).map(|place| place.to_string()).collect();
            RegionIndustry::new(names, table.industries().to_vec(), table.values().select_rows(regions)).ok()
        };
        Sources { employment: drawn(&self.employment), establishments: drawn(&self.establishments), ..self.clone() }
    }
}

fn nothing(industries: &[String]) -> Similarity {
    let n = industries.len();
    Similarity::symmetric(industries, DMatrix::from_element(n, n, f64::NAN))
}

fn flows(loaded: &mut Loaded, name: &str, industries: &[String]) -> Result<Similarity, DefineError> {
    let table = loaded.table(name).map_err(crate::plan::RunError::from)?;
    let (seller, buyer) = (text_column(&table, name, "seller")?, text_column(&table, name, "buyer")?);
    let value = number_column(&table, name, "value")?;
    let flows: Vec<Flow> = (0..table.n_rows())
        .filter_map(|row| {
            let (seller, buyer) = (seller.text(row)?.to_string(), buyer.text(row)?.to_string());
            (!value[row].is_nan()).then_some(Flow { seller, buyer, value: value[row] })
        })
        .collect();
    input_output_links(industries, &flows).map_err(|source| DefineError::Links { table: name.to_string(), source })
}

fn occupations(loaded: &mut Loaded, name: &str, industry: &str) -> Result<Similarity, DefineError> {
    let table = loaded.table(name).map_err(crate::plan::RunError::from)?;
    let occupation = text_column(&table, name, "occupation")?;
    let industries = text_column(&table, name, industry)?;
    let values = number_column(&table, name, "employment")?;
    let cells = RegionIndustry::from_rows(&occupation, &industries, &values);
    let cells =
        cells.map_err(|source| DefineError::Cells { table: name.into(), column: "employment".into(), source })?;
    Ok(occupational_correlation(&cells))
}

/// The cluster of every industry in a table, as written.
pub(super) fn other_set(
    loaded: &mut Loaded,
    name: &str,
    roles: &Roles,
) -> Result<std::collections::HashMap<String, String>, DefineError> {
    let column = roles.industry.as_ref().ok_or(DefineError::NoIndustry)?;
    let table = loaded.table(name).map_err(crate::plan::RunError::from)?;
    let industries = text_column(&table, name, column)?;
    let clusters = text_column(&table, name, &roles.cluster)?;
    let mut found: std::collections::HashMap<String, String> = std::collections::HashMap::new();
    for row in 0..table.n_rows() {
        let (Some(industry), Some(cluster)) = (industries.text(row), clusters.text(row)) else { continue };
        if let Some(first) = found.insert(industry.to_string(), cluster.to_string()).filter(|first| first != cluster) {
            let (code, second) = (industry.to_string(), cluster.to_string());
            let rows = [&first, &second].map(|cluster| vec![(column.as_str(), industry), (&roles.cluster, cluster)]);
            return Err(DefineError::Ambiguous { set: loaded.place(name, &rows), industry: code, first, second });
        }
    }
    Ok(found)
}
