//! Files as programs and spreadsheets write them.

use directory::{Command, PhoneId, PhoneLookup, PhoneName, PhoneNumber, SkillName};
use ringbook::rows::{
    Action, Fault, Format, Options, Product, ROW_BYTES_MAX, Reader, Writer, read_json_row,
};

mod properties;

/// Reads a file in pieces of `piece` bytes. Returns one text for each row.
fn read_in(bytes: &[u8], options: Options, piece: usize) -> Result<Vec<String>, String> {
    let mut reader = Reader::new(options);
    let mut rows = Vec::new();
    let mut take = |reader: &mut Reader| {
        while let Some(row) = reader.next().map_err(|fault| fault.to_string())? {
            rows.push(format!("{}: {}", row.line, text(row.content)));
        }
        Ok::<_, String>(())
    };
    for piece in bytes.chunks(piece) {
        reader.push(piece);
        take(&mut reader)?;
    }
    reader.finish();
    take(&mut reader)?;
    Ok(rows)
}

/// Reads a file in pieces of several sizes, which must not change the result.
#[track_caller]
fn read(bytes: &[u8], options: Options) -> Result<Vec<String>, String> {
    let whole = read_in(bytes, options, bytes.len().max(1));
    for piece in [1, 2, 3, 7] {
        assert_eq!(read_in(bytes, options, piece), whole, "in pieces of {piece}");
    }
    whole
}

fn csv(text: &str) -> Result<Vec<String>, String> {
    read(text.as_bytes(), CSV)
}

const CSV: Options = Options::new(Format::Csv);
const JSON: Options = Options { format: Format::JsonLines, ..CSV };
const UPSERT: Options = Options { action: Action::Upsert, ..CSV };

fn text(command: Result<Command, Vec<Fault>>) -> String {
    let list = |names: &[String]| names.join("|");
    let named = |phone: PhoneLookup| match phone.id {
        Some(id) => id.to_string(),
        None => phone.number.unwrap(),
    };
    match command {
        Ok(Command::CreatePhone { number, name, skills }) => {
            assert!(skills.is_strict);
            let places = |name: &String| {
                let at = skills.positions.iter().find(|(placed, _)| placed == name);
                at.map_or(name.clone(), |(name, at)| format!("{name}@{at}"))
            };
            let all = |names: &Vec<_>| list(&names.iter().map(places).collect::<Vec<_>>());
            let skills = skills.set.as_ref().map_or("-".into(), all);
            format!("create {number} {name} {skills}")
        }
        Ok(Command::EditPhone { phone, number_new, name_new, skills }) => {
            assert!(skills.is_strict);
            let number = number_new.map_or("-".into(), |number| number.to_string());
            let name = name_new.map_or("-".into(), |name| name.to_string());
            let set = skills.set.map_or("-".into(), |names| list(&names));
            let (assign, unassign) = (list(&skills.assign), list(&skills.unassign));
            format!("edit {} {number} {name} ={set} +{assign} -{unassign}", named(phone))
        }
        Ok(Command::UpsertPhone { id, number, name, skills, trusts_id }) => {
            assert!(skills.is_strict);
            let id = id.map_or("-".into(), |id| id.to_string());
            let number = number.map_or("-".into(), |number| number.to_string());
            let name = name.map_or("-".into(), |name| name.to_string());
            let set = skills.set.map_or("-".into(), |names| list(&names));
            let (assign, unassign) = (list(&skills.assign), list(&skills.unassign));
            let verb = if trusts_id { "upsert!" } else { "upsert" };
            format!("{verb} {id} {number} {name} ={set} +{assign} -{unassign}")
        }
        Ok(Command::DeletePhone { phone }) => format!("delete {}", named(phone)),
        Ok(other) => panic!("{other:?}"),
        Err(faults) => {
            let line = |fault: &Fault| {
                let field = fault.field.as_deref().unwrap_or_default();
                format!("{field} {} ({})", fault.code, fault.detail)
            };
            faults.iter().map(line).collect::<Vec<_>>().join(", ")
        }
    }
}

const HEADER: &str = "number,name,skills\n";

#[test]
fn reads_csv_as_spreadsheets_write_it() {
    for (file, rows) in [
        ("\u{feff}number,name\n911,Ravi\n", &["2: create 911 Ravi -"][..]),
        (
            "phoneNumber,phoneName,skills\r\n911,Ravi,\"QA, B C ,\"\r\n",
            &["2: create 911 Ravi QA|B C"],
        ),
        ("number;name;skills\n911;Ravi;\"QA,B\"\n", &["2: create 911 Ravi QA|B"]),
        ("number;name;skills\n911;Ravi;QA,B\n", &["2: create 911 Ravi QA|B"]),
        ("number\tname\tskills\n911\tRavi\tQA\n", &["2: create 911 Ravi QA"]),
        ("Number, NAME \r911,Ravi\r912,Mira\r", &["2: create 911 Ravi -", "3: create 912 Mira -"]),
        (
            "note,name,number\n\"a\nb \"\"c\"\"\",Ravi,911\n,Mira,912\n",
            &["2: create 911 Ravi -", "4: create 912 Mira -"],
        ),
        ("number,name,,\n\n911,Ravi,,\n,,,\n ,\t,,\n\n", &["3: create 911 Ravi -"]),
        ("number,name\n'+911,'Ravi\n", &["2: create +911 Ravi -"]),
        ("number,name\n\u{a0}+911\u{a0}, \u{202a}Ravi\u{202c} \n", &["2: create +911 Ravi -"]),
        ("number,name,skills\n911,Ravi,'=1+1\n", &["2: create 911 Ravi =1+1"]),
        ("number,name,skills\n911,Ravi,''tis\n", &["2: create 911 Ravi 'tis"]),
        ("\n\r\nnumber;name\n911;Ravi\n", &["4: create 911 Ravi -"]),
        ("sep=;\r\nnumber;name;skills\r\n911;Ravi;QA\r\n", &["3: create 911 Ravi QA"]),
        ("\"SEP=\t\"\nnumber\tname\n\"9\"11\tRavi\n", &["3: create 911 Ravi -"]),
        ("Phone Number,phone_name,'Skills*\n911,Ravi,QA\n", &["2: create 911 Ravi QA"]),
        ("number,name,skills\n=\"0911\",\"=\"\"Ravi\"\"\",=\"QA\"\n", &["2: create 0911 Ravi QA"]),
        (
            "number,name,skills\n911,Ravi,QA; B C;\n912,Mira,\"A;B,C\"\n913,Asha,\"A;B,\"\n",
            &["2: create 911 Ravi QA|B C", "3: create 912 Mira A;B|C", "4: create 913 Asha A;B"],
        ),
        (
            "number,name,skills\n911,Ravi,\"\u{200b}QA\u{200b}, B\u{feff}\"\n",
            &["2: create 911 Ravi QA|B"],
        ),
        (
            "number,name\n'1234567890123450,Ravi\n0123456789012340,Mira\n",
            &["2: create 1234567890123450 Ravi -", "3: create 0123456789012340 Mira -"],
        ),
        ("number,name\n911,\"Ravi\"", &["2: create 911 Ravi -"]),
        ("number,name", &[]),
    ] {
        assert_eq!(
            csv(file).as_deref(),
            Ok(&rows.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
            "{file:?}"
        );
    }
}

#[test]
fn explains_numbers_and_rows_damaged_by_a_spreadsheet() {
    for (row, reason) in [
        ("9.19877E+11,Ravi", "has shortened the number and its last digits are lost"),
        ("\"9,19877E+11\",Ravi", "has shortened the number"),
        ("9e11,Ravi", "has shortened the number"),
        ("919876543210.0,Ravi", "has made a decimal of the number"),
        ("+91 98765 43210,Ravi", "not numeric: write it without blanks and signs, +919876543210"),
        ("+91\u{a0}98765,Ravi", "not numeric: write it without blanks and signs, +9198765"),
        ("(0)911-222,Ravi", "not numeric: write it without blanks and signs, 0911222"),
        ("''911,Ravi", "number \"'911\": not numeric: \"\\'\" at character 1"),
        ("1234567890123450,Ravi", "a spreadsheet keeps 15 digits and makes the others 0"),
        ("911,Ravi,QA,B", "the row has 4 cells and the header 3: put quotes around a list"),
        ("911", "name \"\": empty"),
        ("911,R", "name \"R\": has 1 character"),
        (",Ravi", "number \"\": empty"),
    ] {
        let rows = csv(&format!("{HEADER}{row}\n")).unwrap();
        assert!(rows.len() == 1 && rows[0].contains(reason), "{row:?}: {rows:?}");
    }
}

#[test]
fn rejects_files_of_another_type_encoding_or_header() {
    let header = "the first line must be the header number,name,skills";
    let long = format!("{HEADER}911,\"{}\n", "a\n".repeat(ROW_BYTES_MAX));
    let utf16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin1 = [HEADER.as_bytes(), b"911,Ravi,\n\n912,Mira,\xe9\n"].concat();
    // A character split between two cells: UTF-8 only if they are joined.
    let torn = [HEADER.as_bytes(), b"911,Ravi\xc3,\xa9\n"].concat();
    let open = [HEADER.as_bytes(), b"911,Ravi,\n912,\"Mira,\n913,Anil,\n"].concat();
    let cut_off = [HEADER.as_bytes(), b"911,Ravi,\"QA"].concat();
    for (bytes, reason) in [
        (&b""[..], header),
        (b"\n\n", header),
        (b"911,Ravi\n", header),
        (b"sep=;\n", header),
        (b"sep=|\nnumber|name\n", header),
        (b"number,name,skils\n", "the header has the column \"skils\": name it \"skills\", or"),
        (b"number,nmae\n", "the header has the column \"nmae\": name it \"name\", or"),
        (b"number\n911\n", header),
        (b"number,name,phoneNumber\n", "the header has the column \"phoneNumber\" twice"),
        (&utf16, "the file is UTF-16"),
        (b"o\n\0\0911", "the file is UTF-16"),
        (b"PK\x03\x04...", "the file is a workbook"),
        (b"\x1f\x8b\x08\0...", "the file is compressed"),
        (&open, "line 3 begins a row in which a quote is left open"),
        (&cut_off, "line 2 begins a row in which a quote is left open"),
        (&latin1, "line 4 is not UTF-8"),
        (&torn, "line 2 is not UTF-8"),
        (long.as_bytes(), "line 2 begins a row of more than 65536 bytes"),
    ] {
        let read = read(bytes, CSV);
        assert!(read.as_ref().is_err_and(|fault| fault.starts_with(reason)), "{reason}: {read:?}");
    }
    for (action, header, needed) in [
        (Action::Edit, "number,name\n", "phone,number,name,skills,assign,unassign, or one with"),
        (Action::Upsert, "name,skills\n", "id,number,name,skills, or one with an action"),
        (Action::Delete, "number\n", "phone, or one with an action"),
    ] {
        let fault = read(header.as_bytes(), Options { action, ..CSV }).unwrap_err();
        assert!(
            fault.starts_with(&format!("the first line must be the header {needed}")),
            "{fault}"
        );
    }
    let fault = csv("911,Ravi\n").unwrap_err();
    assert!(fault.ends_with("or one with an action; it is 911,Ravi"), "{fault}");
    let fault = csv("notes,action\n").unwrap_err();
    assert!(fault.starts_with("the header has the column \"notes\": there are action, id,"));
}

#[test]
fn reads_the_action_of_each_row_and_reports_all_its_errors() {
    let file = "action,phone,number,name,skills,assign,unassign,id\n\
                create,,911,Ravi,\"QA,B\",,\n\
                EDIT,p17,912,,,QA,\"B,C\"\n\
                edit,'+911,,Mira,QA,,\n\
                delete,911,,,,,\n\
                delete,p17,911,,,,\n\
                create,p1,911,Ravi,,QA,\n\
                edit,p1,,,QA,B,\n\
                remove,p1,,,,,\n\
                ,,912,Mira,,,,p7\n\
                edit,9.1E+11,,,,,\n\
                create,,911,Ravi,,,,p1\n\
                UPSERT,,911,,,,,p1\n\
                upsert,,,Ravi,,QA,B,p1\n\
                upsert,p1,,,QA,B,,p\n\
                upsert,,,Ravi,,,\n";
    let rows = read(file.as_bytes(), CSV).unwrap();
    let expected = [
        "2: create 911 Ravi QA|B",
        "3: edit p17 912 - =- +QA -B|C",
        "4: edit +911 - Mira =QA + -",
        "5: delete 911",
        "6: number unexpected (number: means nothing to delete)",
        "7: phone unexpected (phone: means nothing to create), \
         assign unexpected (assign: means nothing to create)",
        "8: skills ambiguous (skills: is given with assign or unassign, use one of the two ways)",
        "9: action invalid (action \"remove\": must be create, edit, upsert or delete)",
        "10: create 912 Mira -",
        "11: phone invalid (phone \"9.1E+11\": a spreadsheet has shortened the number and its \
         last digits are lost: format the column as text, enter the numbers again, and export \
         the file again)",
        "12: id unexpected (id: means nothing to create)",
        "13: upsert p1 911 - = + -",
        "14: upsert p1 - Ravi =- +QA -B",
        "15: id invalid (id \"p\": must be the id of a phone, like p17), phone unexpected (phone: means nothing to \
         upsert), skills ambiguous (skills: is given with assign or unassign, use one of the two \
         ways)",
        "16: number missing (number \"\": empty)",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn rows_of_an_upsert_have_the_skills_of_their_cell() {
    let rows = |file: &str| read(file.as_bytes(), UPSERT);
    let all = "id,number,name,skills,notes\np1,911,Ravi,QA,x\n,912,,,\n";
    assert_eq!(rows(all).unwrap(), ["2: upsert p1 911 Ravi =QA + -", "3: upsert - 912 - = + -"]);
    let none = "phoneNumber,phoneName\n911,Ravi\n";
    assert_eq!(rows(none).unwrap(), ["2: upsert - 911 Ravi =- + -"]);
    let assigned = "number,assignSkill\n911,QA\n";
    assert_eq!(rows(assigned).unwrap(), ["2: upsert - 911 - =- +QA -"]);
}

#[test]
fn reads_json_lines_and_reports_all_errors_of_a_row() {
    let file = "\u{feff}{\"action\":\"create\",\"number\":\"911\",\"name\":\"Ravi\",\"skills\":[\"Q\\u0041\",\"B,C\"]}\r\n\
                \n  \n\
                {\"action\":\"edit\",\"phone\":\"p1\",\"skills\":[]}\n\
                {\"action\":\"delete\",\"phone\":\"911\"}\n\
                {\"action\":\"create\",\"number\":911,\"name\":null,\"skills\":\"QA\",\"a/b\":{\"c\":[1.5,true]}}\n\
                {\"action\":\"delete\"}\n\
                {\"action\":\"delete\",\"phone\":\"p1\",\"phone\":\"p2\"}\n\
                {\"action\":\n\
                [\"delete\",\"p1\"]\n\
                {} {}\n\
                {\"action\":\"delete\",\"phone\":\"\\ud800\"}\n\
                {\"action\":\"delete\",\"phone\":[\"p1\",[2,{\"a\":[]}]]}\n\
                {\"action\":\"delete\",\"phone\":\"p9\"}";
    let rows = read(file.as_bytes(), JSON).unwrap();
    let expected = [
        "1: create 911 Ravi QA|B,C",
        "4: edit p1 - - = + -",
        "5: delete 911",
        "6: a/b unknown_field (a/b: there is no such field here), number invalid (number: must \
         be a string), name invalid (name: cannot be null), skills invalid (skills: must be a \
         list of strings)",
        "7: phone missing (phone: must be given)",
        "8: phone duplicate (phone: is given twice)",
        "9:  invalid_json (not JSON: EOF while parsing a value at column 10)",
        "10:  invalid_json (a row is a JSON object)",
        "11:  invalid_json (not JSON: trailing characters at column 4)",
        "12:  invalid_json (not JSON: unexpected end of hex escape at column 36)",
        "13: phone invalid (phone: must be a string)",
        "14: delete p9",
    ];
    assert_eq!(rows, expected);
    let row = |json: &str, options| text(read_json_row(json, options));
    let export = r#"{"id":"p1","number":"911","name":"Ravi","skills":[]}"#;
    assert_eq!(row(export, JSON), "create 911 Ravi ");
    let upsert = Options { trusts_ids: true, ..UPSERT };
    assert_eq!(row(export, upsert), "upsert! p1 911 Ravi = + -");
    let placed = r#"{"number":"911","name":"Ravi","skills":["QA",{"name":"B","position":5}]}"#;
    assert_eq!(row(placed, JSON), "create 911 Ravi QA|B@5");
    for (skills, why) in [
        (r#"{"name":"B"}"#, "must be a list of strings"),
        (r#"{"name":"B","position":0}"#, "a position is a number from 1 to"),
        (r#"{"name":"B","position":9e12}"#, "must be a list of strings"),
        (r#"{"name":"B","position":5,"at":1}"#, "must be a list of strings"),
    ] {
        let json = placed.replace(r#""QA""#, skills);
        let refused = row(&json, JSON);
        assert!(refused.starts_with(&format!("skills invalid (skills: {why}")), "{refused}");
    }
    let unknown = "unknown_field (phoneNumber: there is no such field here)";
    assert!(row(r#"{"phoneNumber":"911","action":"delete"}"#, JSON).contains(unknown));
    assert_eq!(read(b"", JSON), Ok(vec![]));
    let long = format!("{{\"action\":\"{}\"}}", "a".repeat(ROW_BYTES_MAX));
    let fault = read(long.as_bytes(), JSON).unwrap_err();
    assert!(fault.starts_with("line 1 begins a row of more than"), "{fault}");
}

#[test]
fn hash_depends_on_the_cells_and_not_on_the_pieces() {
    let hash = |text: &str, piece: usize| {
        let mut reader = Reader::new(CSV);
        for piece in text.as_bytes().chunks(piece) {
            reader.push(piece);
            while reader.next().unwrap().is_some() {}
        }
        reader.finish();
        while reader.next().unwrap().is_some() {}
        reader.sha256()
    };
    let one = format!("{HEADER}911,Ravi,QA\n");
    assert_eq!(hash(&one, 1), hash(&one, 100));
    for other in ["912,Ravi,QA\n", "911,RaviQ,A\n", "911,Ravi,QA\n912,Mira,\n", ""] {
        assert_ne!(hash(&one, 100), hash(&format!("{HEADER}{other}"), 100), "{other}");
    }
    assert_ne!(hash(&one, 100), hash(&format!("name,number,skills\n{}", "911,Ravi,QA\n"), 100));
}

/// What some programs call "Unicode text".
#[test]
fn reads_utf16_with_a_byte_order_mark() {
    let text = "\u{feff}number\tname\tskills\n911\tRavi\tबिक्री,👩\n";
    let expected = Ok(vec!["2: create 911 Ravi बिक्री|👩".to_owned()]);
    let bytes = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<_>>();
    assert_eq!(read(&bytes(u16::to_le_bytes), CSV), expected);
    assert_eq!(read(&bytes(u16::to_be_bytes), CSV), expected);
    let big = bytes(u16::to_be_bytes);
    let (torn, half) = (b"\xd8\x3d\0,\0\n".as_slice(), b"\0".as_slice());
    for end in [torn, half] {
        let fault = read(&[&big, end].concat(), CSV).unwrap_err();
        assert!(fault.starts_with("line 3 is not UTF-8"), "{fault}");
    }
}

#[test]
fn tells_which_columns_it_ignores_and_which_numbers_a_spreadsheet_may_have_cut() {
    let mut reader = Reader::new(CSV);
    reader.push("number,Notes,name,,Größe\n911,,Ravi\n'912,,Mira\n=\"913\",,Asha\n".as_bytes());
    reader.finish();
    let cut = std::iter::from_fn(|| reader.next().unwrap()).map(|row| row.may_be_cut);
    assert_eq!(cut.collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(reader.ignored_columns(), ["Notes", "Größe"]);
    assert!(csv("number,name,names\n").is_ok(), "the file has a name");
}

#[test]
fn marks_what_a_spreadsheet_takes_for_something_else() {
    let skill = |(place, text): (u64, &&str)| (SkillName::parse(text).unwrap(), place);
    let phones = [
        (1, "+911", "+Mira-1", &["=HYPERLINK(\"http://x\")"][..]),
        (2, "911", "+912", &["@SUM(1)", "-1"]),
        (30, "1234567890123450", "Ravi", &["'tis"]),
        (4, "0914", "Dec-7", &["2;3"]),
        (5, "915", "TRUE", &["Level 2"]),
    ];
    let written = |format, product| {
        let mut writer = Writer::new(Vec::new(), format, product);
        writer.header().unwrap();
        for (id, number, name, skills) in &phones {
            let (number, name) =
                (PhoneNumber::parse(number).unwrap(), PhoneName::parse(name).unwrap());
            let skills: Vec<_> = (7..).zip(*skills).map(skill).collect();
            writer.phone(PhoneId(*id), number, &name, &skills).unwrap();
        }
        String::from_utf8(writer.finish().unwrap()).unwrap()
    };
    assert_eq!(
        written(Format::Csv, None),
        "id,number,name,skills\np1,+911,'+Mira-1,\"'=HYPERLINK(\"\"http://x\"\")\"\n\
         p2,911,'+912,\"'@SUM(1),-1\"\np30,'1234567890123450,Ravi,''tis\n\
         p4,0914,'Dec-7,\"'2;3,\"\np5,915,'TRUE,Level 2\n"
    );
    assert_eq!(
        written(Format::Csv, Some(Product::Spreadsheet)),
        "\u{feff}id,number,name,skills\np1,'+911,'+Mira-1,\"'=HYPERLINK(\"\"http://x\"\")\"\n\
         p2,'911,'+912,\"'@SUM(1),-1\"\np30,'1234567890123450,Ravi,''tis\n\
         p4,'0914,'Dec-7,\"'2;3,\"\np5,'915,'TRUE,'Level 2\n"
    );
    assert_eq!(
        written(Format::Csv, Some(Product::CloudAgent)),
        "phoneNumber,phoneName,skills\n+911,'+Mira-1,\"'=HYPERLINK(\"\"http://x\"\")\"\n\
         911,+912,\"'@SUM(1),-1\"\n1234567890123450,Ravi,''tis\n0914,Dec-7,\"2;3,\"\n\
         915,TRUE,Level 2\n"
    );
    let json = written(Format::JsonLines, None);
    let row = r#"{"id":"p2","number":"911","name":"+912","skills":[{"name":"@SUM(1)","position":7},{"name":"-1","position":8}]}"#;
    assert_eq!(json.lines().nth(1), Some(row));
}
