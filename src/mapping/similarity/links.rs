//! Input-output links: how much of one industry's inputs or output is another's.
//!
//! `IO_ij = max(in_{i<-j}, in_{j<-i}, out_{i->j}, out_{j->i})` (Delgado, Porter and Stern 2016; Ellison, Glaeser and Kerr
//! 2010), where `in_{i<-j}` is the share of what `i` buys that it buys of `j`, and `out_{i->j}` the share of what `i`
//! sells that it sells to `j`. Totals are over the industries of the table, what an industry sells to itself included.

use std::collections::HashMap;

use nalgebra::DMatrix;

use super::Similarity;

/// What one industry sells to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Who sells.
    pub seller: String,
    /// Who buys.
    pub buyer: String,
    /// For how much.
    pub value: f64,
}

/// What is wrong with a table of flows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LinksError {
    /// A flow is negative or not finite.
    #[error("{} sells {} to {}: a flow must be finite and not negative", flow.seller, flow.value, flow.buyer)]
    Value {
        /// The flow.
        flow: Flow,
    },
    /// The same pair stands twice.
    #[error("what {seller} sells to {buyer} is listed twice: sum the rows, or keep one")]
    Repeated {
        /// Who sells.
        seller: String,
        /// Who buys.
        buyer: String,
    },
}

/// Links of every two industries, in `[0, 1]`. Flows with others (final demand, local services) count in the totals. An
/// industry that neither buys nor sells has none: missing.
///
/// # Errors
/// When a flow is negative or not finite, or listed twice.
pub fn input_output_links(industries: &[String], flows: &[Flow]) -> Result<Similarity, LinksError> {
    let place: HashMap<&str, usize> = industries.iter().enumerate().map(|(i, name)| (name.as_str(), i)).collect();
    let n = industries.len();
    let (mut values, mut sold, mut bought) = (DMatrix::<f64>::zeros(n, n), vec![0.0; n], vec![0.0; n]);
    let mut seen = std::collections::HashSet::new();
    for flow in flows {
        if !flow.value.is_finite() || flow.value < 0.0 {
            return Err(LinksError::Value { flow: flow.clone() });
        }
        if !seen.insert((flow.seller.as_str(), flow.buyer.as_str())) {
            return Err(LinksError::Repeated { seller: flow.seller.clone(), buyer: flow.buyer.clone() });
        }
        let (seller, buyer) = (place.get(flow.seller.as_str()), place.get(flow.buyer.as_str()));
        seller.into_iter().for_each(|&i| sold[i] += flow.value);
        buyer.into_iter().for_each(|&j| bought[j] += flow.value);
        if let (Some(&i), Some(&j)) = (seller, buyer) {
            values[(i, j)] = flow.value;
        }
    }
    let share = |part: f64, whole: f64| if whole == 0.0 { 0.0 } else { part / whole };
    let matrix = DMatrix::from_fn(n, n, |i, j| {
        if (sold[i] == 0.0 && bought[i] == 0.0) || (sold[j] == 0.0 && bought[j] == 0.0) {
            return f64::NAN;
        }
        let one_way = |a: usize, b: usize| share(values[(a, b)], sold[a]).max(share(values[(a, b)], bought[b]));
        one_way(i, j).max(one_way(j, i))
    });
    Ok(Similarity::symmetric(industries, matrix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(seller: &str, buyer: &str, value: f64) -> Flow {
        Flow { seller: seller.into(), buyer: buyer.into(), value }
    }

    #[test]
    fn the_largest_of_four_shares() {
        let names: Vec<String> = ["steel", "cars", "idle"].map(String::from).to_vec();
        // Steel sells 30 of 100 to cars, cars buy 30 of 50 of steel and sell 1 of 10 to it.
        let flows = [flow("steel", "cars", 30.0), flow("steel", "households", 70.0), flow("rubber", "cars", 20.0)];
        let more = [flow("cars", "steel", 1.0), flow("cars", "households", 9.0)];
        let found = input_output_links(&names, &[&flows[..], &more[..]].concat()).unwrap();
        // The steel industry buys only of cars: the whole of its inputs.
        assert_eq!(found.values()[(0, 1)], 1.0);
        assert_eq!(input_output_links(&names, &flows).unwrap().values()[(1, 0)], 0.6);
        assert_eq!(found.undefined(), vec![2]);
    }

    #[test]
    fn faults_are_typed() {
        let names = vec!["a".to_string()];
        assert!(matches!(input_output_links(&names, &[flow("a", "b", -1.0)]), Err(LinksError::Value { .. })));
        let twice = [flow("a", "b", 1.0), flow("a", "b", 2.0)];
        assert!(matches!(input_output_links(&names, &twice), Err(LinksError::Repeated { .. })));
    }
}
