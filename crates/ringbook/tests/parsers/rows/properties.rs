//! Properties of any file.

use proptest::prelude::*;

use super::*;

/// Names with difficult characters: signs, quotes, separators, invisible marks.
fn skill_names() -> impl Strategy<Value = Vec<SkillName>> {
    let name = "[=+@'\";|\\-\u{200b}\u{feff}\u{202a}a-zÄé 0-9\u{3000}]{1,12}";
    let parsed = name.prop_filter_map("a name", |text| SkillName::parse(&text).ok());
    proptest::collection::vec(parsed, 0..4)
}

proptest! {
    #[test]
    fn written_phones_are_read_back(
        phones in proptest::collection::vec(
            ("\\+?[0-9]{3,16}", "\\+?[a-zA-Z0-9][a-z.@_\\-]{0,20}[a-z0-9]", skill_names()),
            0..20,
        ),
        is_csv: bool,
        is_for_spreadsheet: bool,
        piece in 1_usize..200,
    ) {
        let options = Options { format: if is_csv { Format::Csv } else { Format::JsonLines }, ..UPSERT };
        let product = is_for_spreadsheet.then_some(Product::Spreadsheet);
        let mut writer = Writer::new(Vec::new(), options.format, product);
        writer.header().unwrap();
        let mut expected = Vec::new();
        for (number, name, skills) in &phones {
            let number = PhoneNumber::parse(number).unwrap();
            let name = PhoneName::parse(name).unwrap();
            let id = PhoneId(u32::try_from(expected.len()).unwrap());
            let placed: Vec<_> = skills.iter().cloned().zip(1..).collect();
            writer.phone(id, number, &name, &placed).unwrap();
            let skills = skills.iter().map(SkillName::as_str).collect::<Vec<_>>().join("|");
            let line = expected.len() + 1 + usize::from(is_csv);
            expected.push(format!("{line}: upsert {id} {number} {name} ={skills} + -"));
        }
        let written = writer.finish().unwrap();
        prop_assert_eq!(read_in(&written, options, piece), Ok(expected));
    }

    #[test]
    fn any_bytes_give_the_same_rows_in_any_pieces(bytes: Vec<u8>, is_csv: bool, action in 0..Action::ALL.len(), piece in 1_usize..20) {
        let format = if is_csv { Format::Csv } else { Format::JsonLines };
        let options = Options { action: Action::ALL[action].1, ..Options::new(format) };
        let whole = read_in(&bytes, options, bytes.len().max(1));
        prop_assert_eq!(read_in(&bytes, options, piece), whole);
    }
}
