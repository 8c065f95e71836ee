//! Files in the repository that are made from the program: they must be what the program makes now. Mend with
//! `UPDATE=1 cargo test generated`.

use std::path::PathBuf;

use sealflow::{
    config::Config,
    engine::{Graph, definition, diagram},
    flows,
    http::openapi,
};

fn assert_fresh(path: &str, made: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == made, "{path} is stale: run `UPDATE=1 cargo test generated` and commit it");
}

fn graphs() -> Vec<Graph<sealflow::actions::Authentication>> {
    flows::graphs(&Config::default(), None, &flows::registry()).unwrap()
}

#[test]
fn generated_pictures_of_the_flows_are_fresh() {
    for graph in graphs() {
        assert_fresh(&format!("docs/flows/{}.svg", graph.name), &diagram::svg(&graph));
        let mermaid = diagram::mermaid(&graph);
        assert_fresh(
            &format!("docs/flows/{}.md", graph.name),
            &format!("# The flow {}\n\n```mermaid\n{mermaid}```\n", graph.name),
        );
    }
}

#[test]
fn generated_schema_of_graph_files_is_fresh() {
    let schema = serde_json::to_string_pretty(&definition::file_schema()).unwrap();
    assert_fresh("config/flow.schema.json", &format!("{schema}\n"));
}

#[test]
fn generated_openapi_document_is_fresh() {
    let document = openapi::public(&graphs(), &flows::registry(), &Config::default());
    assert_fresh("openapi/public.json", &format!("{}\n", serde_json::to_string_pretty(&document).unwrap()));
}
