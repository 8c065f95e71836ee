use proptest::prelude::*;
use serde_json::json;

use super::*;

fn kim() -> TemplateUser {
    let object = |value: Value| value.as_object().unwrap().clone();
    TemplateUser {
        user_id: "0b0f3f0c-3c55-4f3f-9a63-6b4b4b8a9f10".to_owned(),
        email: Some(EmailClaim { address: "kim@example.com".to_owned(), is_primary: true, is_verified: true }),
        username: "kim".to_owned(),
        given_name: "Kim".to_owned(),
        public_metadata: object(json!({
            "billing": {"plan": "pro", "seats": 5, "discount": 0.25, "debt": -7, "big": 1e21, "trial": false, "end": null},
            "role": "admin",
            "tags": ["a", "b"],
            "friends": [{"name": "Dale", "age": 44}, {"name": "Roger", "age": 68}],
            "a.b": "dotted",
            "quote": "say \"hi\" <now>"
        })),
        unsafe_metadata: object(json!({"theme": "dark"})),
        ..TemplateUser::default()
    }
}

/// A user about whom nothing is known but the id.
fn nobody() -> TemplateUser {
    TemplateUser { user_id: "1".to_owned(), ..TemplateUser::default() }
}

/// The claim `c` of the template `value`; `None` if it was left out.
fn claim(value: Value, user: TemplateUser) -> Option<Value> {
    ClaimTemplates::compile(json!({"c": value}).as_object().unwrap()).render(user).remove("c")
}

#[track_caller]
fn assert_renders(template: &str, expected: Value) {
    assert_eq!(claim(json!(template), kim()), Some(expected), "{template}");
}

#[track_caller]
fn assert_left_out(template: &str, user: TemplateUser) {
    assert_eq!(claim(json!(template), user), None, "{template}");
}

/// Covers TPL-1.
#[test]
fn static_values_appear_unchanged() {
    let value = json!({"text": "plain", "number": 1.5, "yes": true, "nothing": null, "list": [1, "two", {"three": 3}]});
    assert_eq!(claim(value.clone(), nobody()), Some(value));
}

#[test]
fn static_texts_are_converted_too() {
    assert_renders("true", json!(true));
    assert_renders("false", json!(false));
    assert_renders("True", json!("True"));
    assert_renders("5", json!("5"));
    assert_renders(r#"{"a": [1]}"#, json!({"a": [1]}));
    assert_renders("[1, 2]", json!([1, 2]));
    assert_renders("[not json]", json!("[not json]"));
    assert_renders(" [1]", json!(" [1]"));
    assert_renders("", json!(""));
}

/// Covers TPL-2.
#[test]
fn fields_of_the_user_are_texts_that_are_empty_when_unknown() {
    assert_renders("{{ .User.UserID }}", json!("0b0f3f0c-3c55-4f3f-9a63-6b4b4b8a9f10"));
    assert_renders("{{.User.Username}}/{{.User.GivenName}}", json!("kim/Kim"));
    assert_renders("{{ .User.Email.Address }}", json!("kim@example.com"));
    assert_renders("{{ .User.Email.IsPrimary }}", json!(true));
    for field in ["Username", "Name", "FamilyName", "GivenName", "Picture", "Email", "Metadata"] {
        assert_eq!(claim(json!(format!("{{{{ .User.{field} }}}}")), nobody()), Some(json!("")), "{field}");
    }
}

/// Covers TPL-3.
#[test]
fn printed_objects_are_json() {
    let email = json!({"address": "kim@example.com", "is_primary": true, "is_verified": true});
    let metadata = json!({"public_metadata": kim().public_metadata, "unsafe_metadata": {"theme": "dark"}});
    assert_renders("{{ .User.Email }}", email.clone());
    assert_renders("{{ .User.Metadata }}", metadata.clone());
    assert_renders(
        "{{ .User }}",
        json!({
            "user_id": "0b0f3f0c-3c55-4f3f-9a63-6b4b4b8a9f10", "email": email, "username": "kim", "metadata": metadata,
            "name": "", "family_name": "", "given_name": "Kim", "picture": ""
        }),
    );
    let expected = json!({
        "user_id": "1", "username": "", "name": "", "family_name": "", "given_name": "", "picture": ""
    });
    assert_eq!(claim(json!("{{ .User }}"), nobody()), Some(expected));
}

#[test]
fn printed_objects_are_json_also_as_arguments() {
    let json = r#"{"address":"kim@example.com","is_primary":true,"is_verified":true}"#;
    assert_renders(r#"{{ printf "<%s>" .User.Email }}"#, json!(format!("<{json}>")));
    assert_renders(r#"{{ .User.Email | printf "%v!" }}"#, json!(format!("{json}!")));
    assert_renders(r#"{{ print "e: " .User.Email }}"#, json!(format!("e: {json}")));
    assert_eq!(claim(json!(r#"{{ printf "<%s>" .User.Email }}"#), nobody()), Some(json!("<>")));
    let unsafe_only = TemplateUser { public_metadata: Map::new(), ..kim() };
    let expected = Some(json!({"unsafe_metadata": {"theme": "dark"}}));
    assert_eq!(claim(json!("{{ .User.Metadata }}"), unsafe_only), expected);
}

/// Covers TPL-4.
#[test]
fn paths_reach_members_elements_and_query_results() {
    assert_renders(r#"{{ .User.Metadata.Public "billing.plan" }}"#, json!("pro"));
    assert_renders(r#"{{ .User.Metadata.Unsafe "theme" }}"#, json!("dark"));
    assert_renders(r#"{{ .User.Metadata.Public "tags.1" }}"#, json!("b"));
    assert_renders(r##"{{ .User.Metadata.Public "tags.#" }}"##, json!("2"));
    assert_renders(r##"{{ .User.Metadata.Public "friends.#.name" }}"##, json!(["Dale", "Roger"]));
    assert_renders(r##"{{ .User.Metadata.Public `friends.#(name=="Roger").age` }}"##, json!("68"));
    assert_renders(r##"{{ .User.Metadata.Public "friends.#(age>40)#.name" }}"##, json!(["Dale", "Roger"]));
    assert_renders(r#"{{ .User.Metadata.Public `a\.b` }}"#, json!("dotted"));
    assert_renders(r#"{{ .User.Metadata.Public "@this" }}"#, json!(kim().public_metadata));
}

/// Covers TPL-5.
#[test]
fn several_arguments_make_one_path_and_none_is_the_whole_document() {
    assert_renders(r#"{{ .User.Metadata.Public "billing" "plan" }}"#, json!("pro"));
    assert_renders(r#"{{ "plan" | .User.Metadata.Public "billing" }}"#, json!("pro"));
    assert_renders("{{ .User.Metadata.Public }}", json!(kim().public_metadata));
    let public_only = TemplateUser { unsafe_metadata: Map::new(), ..kim() };
    assert_eq!(claim(json!("{{ .User.Metadata.Unsafe }}"), public_only), Some(json!("")));
}

/// Covers TPL-6, TPL-7.
#[test]
fn metadata_keeps_its_json_type_unless_it_is_a_number() {
    assert_renders(r#"{{ .User.Metadata.Public "tags" }}"#, json!(["a", "b"]));
    assert_renders(r#"{{ (.User.Metadata.Public "friends.0") }}"#, json!({"name": "Dale", "age": 44}));
    assert_renders(r#"{{ .User.Metadata.Public "billing.trial" }}"#, json!(false));
    assert_renders(r#"{{ .User.Metadata.Public "billing.seats" }}"#, json!("5"));
    assert_renders(r#"{{ .User.Metadata.Public "billing.debt" }}"#, json!("-7"));
    assert_renders(r#"{{ .User.Metadata.Public "billing.discount" }}"#, json!("0.25"));
    assert_renders(r#"{{ .User.Metadata.Public "billing.big" }}"#, json!("1000000000000000000000"));
    assert_renders(r#"{{ .User.Metadata.Public "billing.end" }}"#, json!(""));
    assert_renders(r#"{{ .User.Metadata.Public "quote" }}"#, json!("say \"hi\" <now>"));
}

/// Covers TPL-8, TPL-15.
#[test]
fn a_missing_path_is_empty_and_missing_metadata_drops_the_claim() {
    assert_renders(r#"{{ .User.Metadata.Public "nowhere.at.all" }}"#, json!(""));
    assert_renders(r#"{{ .User.Metadata.Public "" }}"#, json!(""));
    assert_left_out(r#"{{ .User.Metadata.Public "role" }}"#, nobody());
    assert_left_out(r#"{{ .User.Metadata.Private "role" }}"#, kim());
}

/// Covers TPL-9.
#[test]
fn access_through_null_drops_only_its_claim() {
    let templates = json!({"c": "{{ .User.Email.Address }}", "d": "{{ .User.UserID }}"});
    let claims = ClaimTemplates::compile(templates.as_object().unwrap()).render(nobody());
    assert_eq!(Value::Object(claims), json!({"d": "1"}));
}

/// Covers TPL-10.
#[test]
fn broken_templates_are_left_out() {
    for template in [
        "{{ .User.Email",
        "{{ if .User }}",
        "{{ end }}",
        "text {{ else }} text",
        "{{ if .User }}a{{ else }}b{{ else }}c{{ end }}",
        "{{ if .User }}a{{ end }}b{{ end }}c",
        r#"{{ define "a" }}text"#,
        "{{ .Nothing }}",
        "{{ .User.Password }}",
        "{{ .User.UserID.Length }}",
        "{{ unknown .User }}",
        "{{ .member .User }}",
        "{{ $missing }}",
        r#"{{ .User.UserID "argument" }}"#,
        "{{ .User.Metadata.Public 5 }}",
        "{{ len .User }}",
        "{{ range .User }}x{{ end }}",
        "{{ range 100000 }}x{{ end }}",
        r#"{{ template "undefined" }}"#,
        r#"{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}"#,
    ] {
        assert_left_out(template, kim());
    }
}

/// Covers TPL-11.
#[test]
fn one_failing_member_drops_the_whole_claim() {
    assert_eq!(claim(json!({"good": "x", "bad": "{{ .User.Email.Address }}"}), nobody()), None);
    assert_eq!(claim(json!(["x", ["{{ .User.Email.Address }}"]]), nobody()), None);
    assert_eq!(claim(json!({"good": {"deep": "{{ if"}}), kim()), None);
}

/// Covers TPL-12.
#[test]
fn control_structures_comparisons_pipelines_and_trimming_work() {
    let choice =
        "{{ if eq .User.Username \"lee\" }}1{{ else if .User.Name }}2{{ else if .User.Email }}3{{ else }}4{{ end }}";
    assert_renders(choice, json!("3"));
    assert_eq!(claim(json!(choice), nobody()), Some(json!("4")));
    assert_renders(
        "{{ with .User.Email }}{{ .Address }} of {{ $.User.Username }}{{ else }}none{{ end }}",
        json!("kim@example.com of kim"),
    );
    assert_renders(r#"{{ with .User.Metadata }}{{ .Public "role" }}{{ end }}"#, json!("admin"));
    assert_renders(r#"{{ $m := .User.Metadata }}{{ $m.Public "billing" "plan" }}"#, json!("pro"));
    assert_renders(r#"{{ (.User.Metadata).Public "role" | printf "%s-%s" "role" }}"#, json!("role-admin"));
    assert_renders("a {{- /* nothing */ -}} b {{- \"c\" -}} d", json!("abcd"));
    assert_renders(r#"{{ and .User.Email .User.Email.IsVerified }}"#, json!(true));
    assert_eq!(claim(json!("{{ and .User.Email .User.Email.IsVerified }}"), nobody()), Some(json!("")));
    assert_renders(r#"{{ or .User.Name .User.Username }}"#, json!("kim"));
    assert_renders(r#"{{ not .User.Name }}"#, json!(true));
    assert_renders(r#"{{ lt (len .User.Username) 5 }}{{ ge 2 2 }}{{ ne "a" "b" }}"#, json!("truetruetrue"));
    assert_renders(r#"{{ index .User.Username 0 }}"#, json!("107"));
    assert_renders("{{ range 0 }}x{{ else }}none{{ end }}", json!("none"));
    assert_renders(
        "{{ define \"t\" }}<{{ .Address }}>{{ end }}{{ template \"t\" .User.Email }}",
        json!("<kim@example.com>"),
    );
    assert_renders("{{ .User.GivenName }} grüßt", json!("Kim grüßt"));
}

/// Covers TPL-12.
#[test]
fn renders_the_example_of_the_specification() {
    let templates = json!({
        "plan": r#"{{ .User.Metadata.Public "billing.plan" }}"#,
        "verified": "{{ if .User.Email }}{{ .User.Email.IsVerified }}{{ else }}false{{ end }}",
        "scopes": ["read", r#"{{ if eq (.User.Metadata.Public "role") "admin" }}admin{{ else }}basic{{ end }}"#]
    });
    let templates = ClaimTemplates::compile(templates.as_object().unwrap());
    let expected = json!({"plan": "pro", "verified": true, "scopes": ["read", "admin"]});
    assert_eq!(Value::Object(templates.render(kim())), expected);
    assert_eq!(Value::Object(templates.render(nobody())), json!({"verified": false}));
}

/// Covers TPL-13, TPL-14.
#[test]
fn reserved_names_are_ignored() {
    let all = ["sub", "iat", "exp", "aud", "iss", "email", "username", "session_id", "nbf"];
    let templates: Map<_, _> = all.iter().map(|name| ((*name).to_owned(), json!("x"))).collect();
    let templates = ClaimTemplates::compile(&templates);
    assert!(templates.is_empty());
    assert_eq!(Value::Object(templates.render(nobody())), json!({}));
}

#[test]
fn the_token_id_must_be_a_text() {
    let templates = json!({"jti": "{{ .User.UserID }}", "amr": ["custom"]});
    let templates = ClaimTemplates::compile(templates.as_object().unwrap());
    assert_eq!(Value::Object(templates.render(nobody())), json!({"jti": "1", "amr": ["custom"]}));
    let templates = json!({"jti": ["1"]});
    let templates = ClaimTemplates::compile(templates.as_object().unwrap());
    assert_eq!(Value::Object(templates.render(nobody())), json!({}));
}

proptest! {
    /// A template may use the user's own data as path.
    #[test]
    fn any_path_is_answered(path in r#"[a-c.#()@|\\*?:=!<>%~{}\[\]"'0-9 é-]{0,24}"#) {
        let document = r#"{"a":{"b":[1,2.5,{"c":"é\n"}],"c":null},"b":["x",{"a":true}],"c":"\"q\""}"#;
        look_up(document, &path);
    }
}
