//! Exports that a real spreadsheet, `LibreOffice`, has opened and saved.

use std::process::Command;

use test_support::Home;

/// Reads CSV as UTF-8, and takes for a date or a quantity whatever may be one.
const READ: &str = "--infilter=CSV:44,34,76,1,,0,false,true";
const WRITE: &str = "csv:Text - txt - csv (StarCalc):44,34,76,1";

/// Phones with all that a spreadsheet changes: a plus, zeros, more digits than it keeps, names that
/// are quantities, dates or truths to it, skills that are formulas.
const PHONES: &str = r#"{"number":"+14155550123","name":"Ravi","skills":["Sales","बिक्री"]}
{"number":"0123","name":"1E5","skills":["=1+1"]}
{"number":"1234567890123456","name":"007","skills":["1,2"]}
{"number":"1234567890123450","name":"Dec-7","skills":["12.10"]}
{"number":"919876543210","name":"True","skills":["@SUM(1)","1;2"]}
{"number":"+0049301234","name":"+12","skills":["1;2"]}
{"number":"98765","name":"1-2","skills":["'tis","-1"]}
{"number":"98766","name":"A2345678901234567890123456789012345678901234567890","skills":["1/2"]}
{"number":"98767","name":"+Mira","skills":["12:30"]}
{"number":"98768","name":"Agent.7","skills":[]}
"#;

const SKILLS: [&str; 12] =
    ["Sales", "बिक्री", "=1+1", "12.10", "@SUM(1)", "1;2", "'tis", "-1", "1/2", "12:30", "1", "2"];

#[test]
fn what_comes_back_from_a_spreadsheet_is_equal_or_refused() {
    let home = Home::new();
    home.account("acme", &[]);
    home.ok(&[&["skill", "create", "--account", "acme", "--"][..], &SKILLS].concat());
    let phones = PHONES.replace("\"1,2\"", "\"1\",\"2\"");
    std::fs::write(home.path("phones.jsonl"), &phones).unwrap();
    home.ok(&["phone", "import", "--account", "acme", "phones.jsonl"]);
    let export = || home.ok(&["phone", "export", "--account", "acme"]);
    let original = export();
    for format in ["xlsx", "ods"] {
        std::fs::write(home.path(&format!("plain-{format}.csv")), &original).unwrap();
        let marked = format!("marked-{format}.csv");
        let arguments = ["phone", "export", "--account", "acme", "--for", "spreadsheet", &marked];
        home.ok(&arguments);
        convert(&home, format, &[READ], &[&marked, &format!("plain-{format}.csv")]);
    }
    let opened = ["marked-xlsx.xlsx", "plain-xlsx.xlsx", "marked-ods.ods", "plain-ods.ods"];
    convert(&home, WRITE, &[], &opened);
    for file in ["marked-xlsx.csv", "marked-ods.csv", "plain-xlsx.csv", "plain-ods.csv"] {
        let saved = std::fs::read_to_string(home.path(file)).unwrap();
        let arguments =
            ["phone", "import", "--account", "acme", "--action", "upsert", "--keep-going", file];
        let ran = home.run(&arguments);
        assert_eq!(export(), original, "{file}: {saved}\n{ran:?}");
        if file.starts_with("marked") {
            assert_eq!(ran.stdout, "0 rows imported, 10 unchanged\n", "{saved}\n{ran:?}");
            continue;
        }
        let refused = |line: usize, why: &str| {
            let line = format!("line {line}: ");
            let told = ran.stderr.lines().any(|told| told.starts_with(&line) && told.contains(why));
            assert!(told, "{file}: {line}{why}\n{saved}\n{ran:?}");
        };
        refused(2, "14155550123 may be +14155550123");
        refused(3, "123 may be 0123");
        refused(7, "49301234 may be +0049301234");
        // A workbook of the one format has 15 digits, one of the other has all.
        let has_all = saved.contains(",1234567890123456,");
        if !has_all {
            refused(4, "keeps 15 digits");
        }
        let count = if has_all { 3 } else { 4 };
        assert_eq!(ran.stderr.matches("line ").count(), count, "{saved}\n{ran:?}");
    }
}

/// Opens files and saves them in another format.
fn convert(home: &Home, format: &str, options: &[&str], files: &[&str]) {
    let profile = format!("-env:UserInstallation=file://{}", home.path("profile").display());
    let mut command = Command::new("soffice");
    command.args([&*profile, "--headless"]).args(options).args(["--convert-to", format]);
    let output = command.args(files).current_dir(home.path("")).output();
    let output = output.expect("scripts/test installs LibreOffice");
    let extension = format.split(':').next().unwrap();
    for file in files {
        let converted = home.path(file).with_extension(extension);
        assert!(converted.exists(), "{file}: {output:?}");
    }
}
