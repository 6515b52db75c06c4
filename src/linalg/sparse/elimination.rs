//! Which entries fill in: ordering, elimination tree and supernodes of a symmetric pattern.
//!
//! Ordered by approximate minimum degree (Amestoy, Davis and Duff 1996), then by a postorder of the elimination tree (Liu
//! 1990), so that columns of like structure are neighbours and can be eliminated together. Small ones are merged with
//! their parents where that stores few zeros: dense blocks are faster than lists.

/// Columns that are eliminated together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Supernode {
    /// Its first column (a place in the ordering).
    pub first: usize,
    /// How many columns.
    pub width: usize,
    /// Later places whose rows and columns it changes, ascending.
    pub rows: Vec<u32>,
    /// The supernode that takes its changes.
    pub parent: Option<usize>,
    /// Where `rows` stand in the parent's front.
    pub map: Vec<u32>,
}

/// Fill-reducing order of a symmetric pattern (of each place its vertex), and its supernodes in postorder.
pub(super) fn eliminate(neighbors: &[Vec<u32>]) -> (Vec<u32>, Vec<Supernode>) {
    let order = minimum_degree(neighbors);
    let tree = elimination_tree(&permuted(neighbors, &order));
    let post = postorder(&tree);
    let order: Vec<u32> = post.iter().map(|&place| order[place as usize]).collect();
    let pattern = permuted(neighbors, &order);
    let tree = elimination_tree(&pattern);
    (order, supernodes(&pattern, &tree))
}

/// Falls back on the given order where the pattern cannot be ordered, which only costs fill.
fn minimum_degree(neighbors: &[Vec<u32>]) -> Vec<u32> {
    let n = neighbors.len();
    let (mut starts, mut rows) = (vec![0usize], Vec::new());
    for list in neighbors {
        rows.extend(list.iter().map(|&v| v as usize));
        starts.push(rows.len());
    }
    match amd::order(n, &starts, &rows, &amd::Control::default()) {
        Ok((order, _, _)) => order.into_iter().map(|v| v as u32).collect(),
        Err(_) => (0..n as u32).collect(),
    }
}

/// For each place the places of its neighbours.
fn permuted(neighbors: &[Vec<u32>], order: &[u32]) -> Vec<Vec<u32>> {
    let mut place = vec![0u32; order.len()];
    order.iter().enumerate().for_each(|(at, &vertex)| place[vertex as usize] = at as u32);
    order.iter().map(|&vertex| neighbors[vertex as usize].iter().map(|&w| place[w as usize]).collect()).collect()
}

const NONE: u32 = u32::MAX;

/// Of each column its parent in the elimination tree, with path compression.
fn elimination_tree(pattern: &[Vec<u32>]) -> Vec<u32> {
    let n = pattern.len();
    let (mut parent, mut ancestor) = (vec![NONE; n], vec![NONE; n]);
    for (j, column) in pattern.iter().enumerate() {
        for &i in column.iter().filter(|&&i| (i as usize) < j) {
            let mut at = i;
            while at != NONE && at as usize != j {
                let next = std::mem::replace(&mut ancestor[at as usize], j as u32);
                if next == NONE {
                    parent[at as usize] = j as u32;
                }
                at = next;
            }
        }
    }
    parent
}

/// Children before parents, subtrees together.
fn postorder(parent: &[u32]) -> Vec<u32> {
    let n = parent.len();
    let (mut first, mut next) = (vec![NONE; n], vec![NONE; n]);
    let mut roots = Vec::new();
    for v in (0..n).rev() {
        match parent[v] {
            NONE => roots.push(v as u32),
            p => next[v] = std::mem::replace(&mut first[p as usize], v as u32),
        }
    }
    let mut out = Vec::with_capacity(n);
    let mut stack = Vec::new();
    while let Some(root) = roots.pop() {
        stack.push(root);
        while let Some(&v) = stack.last() {
            match first[v as usize] {
                NONE => {
                    out.push(v);
                    stack.pop();
                }
                child => {
                    first[v as usize] = next[child as usize];
                    stack.push(child);
                }
            }
        }
    }
    out
}

/// Structures of columns below the diagonal, merged to supernodes.
fn supernodes(pattern: &[Vec<u32>], parent: &[u32]) -> Vec<Supernode> {
    let n = pattern.len();
    let mut nodes: Vec<Supernode> = Vec::new();
    let mut waiting: Vec<Vec<Vec<u32>>> = vec![Vec::new(); n];
    for j in 0..n {
        let mut rows: Vec<u32> = pattern[j].iter().copied().filter(|&i| i as usize > j).collect();
        for child in std::mem::take(&mut waiting[j]) {
            rows.extend(child.into_iter().filter(|&i| i as usize > j));
        }
        rows.sort_unstable();
        rows.dedup();
        if parent[j] != NONE {
            waiting[parent[j] as usize].push(rows.clone());
        }
        // The column before, if this is its parent and has all of its structure, is eliminated with it.
        if let Some(last) = nodes.last_mut()
            && last.first + last.width == j
            && last.rows.first() == Some(&(j as u32))
            && last.rows.len() == rows.len() + 1
        {
            last.width += 1;
            last.rows = rows;
        } else {
            nodes.push(Supernode { first: j, width: 1, rows, parent: None, map: Vec::new() });
        }
    }
    connect(merge(nodes), n)
}

/// Merges a supernode with the one before it where that is its child and few zeros come of it.
fn merge(nodes: Vec<Supernode>) -> Vec<Supernode> {
    let mut out: Vec<(Supernode, usize)> = Vec::new();
    for node in nodes {
        let (mut node, mut zeros) = (node, 0usize);
        while let Some((child, of_child)) = out.last() {
            let is_child = child.rows.first().is_some_and(|&r| (r as usize) < node.first + node.width);
            let added = child.width * (node.width + node.rows.len()).saturating_sub(child.rows.len());
            let (width, all) = (child.width + node.width, zeros + of_child + added);
            let stored = width * width / 2 + width * node.rows.len();
            if !is_child || !is_cheap(width, all, stored) {
                break;
            }
            node = Supernode { first: child.first, width, ..node };
            zeros = all;
            out.pop();
        }
        out.push((node, zeros));
    }
    out.into_iter().map(|(node, _)| node).collect()
}

/// The narrower a supernode, the more zeros it is worth.
fn is_cheap(width: usize, zeros: usize, stored: usize) -> bool {
    let share = zeros as f64 / stored.max(1) as f64;
    width <= 4 || (width <= 16 && share < 0.5) || (width <= 48 && share < 0.15) || share < 0.05
}

/// Finds parents, and where each supernode's rows stand in its parent's front.
fn connect(mut nodes: Vec<Supernode>, n: usize) -> Vec<Supernode> {
    let mut owner = vec![0u32; n];
    for (k, node) in nodes.iter().enumerate() {
        owner[node.first..node.first + node.width].fill(k as u32);
    }
    for k in 0..nodes.len() {
        let Some(&row) = nodes[k].rows.first() else { continue };
        let parent = owner[row as usize] as usize;
        let above = &nodes[parent];
        let end = above.first + above.width;
        let map = nodes[k].rows.iter().map(|&row| match above.rows.binary_search(&row) {
            _ if (row as usize) < end => row - above.first as u32,
            Ok(at) | Err(at) => (above.width + at) as u32,
        });
        let map = map.collect();
        nodes[k].map = map;
        nodes[k].parent = Some(parent);
    }
    nodes
}
