//! Figures inside the page: the same SVG as in its file, with the neutral colours of the palette as the page's variables,
//! so that it follows light and dark, and with ids of its own.

/// The palette's neutral colours and the page's variables for them.
const COLOURS: [(&str, &str); 4] =
    [("#1b1f24", "var(--ink)"), ("#6a737d", "var(--muted)"), ("#e3e6ea", "var(--grid)"), ("#ffffff", "var(--paper)")];

/// Where an SVG names an id: what stands before it and the character that ends it.
const ID_PLACES: [(&str, char); 6] = [
    (" id=\"", '"'),
    (" aria-labelledby=\"", '"'),
    (" aria-describedby=\"", '"'),
    ("href=\"#", '"'),
    ("url(#", ')'),
    (" id='", '\''),
];

/// The `<svg>` element of an SVG file, for a page. `name` keeps the ids of several figures apart.
pub fn inline_svg(svg: &str, name: &str) -> String {
    let element = svg.find("<svg").and_then(|start| svg.get(start..)).unwrap_or_default().trim_end();
    let coloured = COLOURS.iter().fold(element.to_string(), |text, (hex, variable)| recolour(&text, hex, variable));
    let prefix: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    ID_PLACES.iter().fold(coloured, |text, (before, end)| prefix_ids(&text, before, *end, &prefix))
}

/// Replaces a hex colour whatever its case, where no further hex digit follows.
fn recolour(text: &str, hex: &str, variable: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let is_colour = from.get(..hex.len()).is_some_and(|found| found.eq_ignore_ascii_case(hex));
        let is_longer = from.get(hex.len()..).is_some_and(|tail| tail.starts_with(|c: char| c.is_ascii_hexdigit()));
        let (shown, taken) = if is_colour && !is_longer { (variable, hex.len()) } else { ("#", 1) };
        out.push_str(shown);
        rest = from.get(taken..).unwrap_or_default();
    }
    out + rest
}

/// Puts `prefix-` before every id in one kind of place; a place may list several.
fn prefix_ids(text: &str, before: &str, end: char, prefix: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(before) {
        let (head, tail) = rest.split_at(at + before.len());
        out.push_str(head);
        let (ids, after) = tail.split_at(tail.find(end).unwrap_or(tail.len()));
        let ids: Vec<String> = ids.split_whitespace().map(|id| format!("{prefix}-{id}")).collect();
        out.push_str(&ids.join(" "));
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::inline_svg;

    #[test]
    fn colours_follow_the_page_and_ids_stay_apart() {
        let svg = "<?xml?>\n<svg aria-labelledby=\"a b\"><title id=\"a\">#1</title><g clip-path=\"url(#a)\" fill=\"#1B1F24\" stroke=\"#0b6e99\"/></svg>\n";
        let out = inline_svg(svg, "map 1");
        assert_eq!(
            out,
            "<svg aria-labelledby=\"map-1-a map-1-b\"><title id=\"map-1-a\">#1</title><g clip-path=\"url(#map-1-a)\" fill=\"var(--ink)\" stroke=\"#0b6e99\"/></svg>"
        );
        assert_eq!(inline_svg("nothing", "x"), "");
    }
}
