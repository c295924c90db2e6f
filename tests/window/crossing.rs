//! What the page receives while the main job is done: no token, no key, no link, in whatever way it is written.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use contract::{Proof, prove};
use ed25519_dalek::SigningKey;
use sandbox::world::people;
use sandbox::world::ra_users::grace_adeyemi;
use serde_json::{Value, json};
use tests::Outcome;
use tests::crossing::{self, Secrets, salt_of};

use crate::setting::Setting;

#[tokio::test]
async fn nothing_that_crosses_to_the_page_is_a_secret() -> Outcome {
    let setting = Setting::new()?;
    let window = setting.open().await?;
    window.see("[data-page=sign-in]").await?;
    crossing::listen(&window).await?;
    let grace = grace_adeyemi();
    let role = grace.user.roles[0].person_roleid.clone();
    setting.sign_in(&window, &grace, Some(&role)).await?;
    window.see("[data-page=find]").await?;
    let known = crossing::crossed(&window).await?.len();
    let person = people::siobhan_o_connor();
    window.choose("by-uuid").await?;
    window.enter("#uuid", person.uuid().as_str()).await?;
    window.click("#primary").await?;
    window.see("[data-page=profile]").await?;
    window.click("#nav-outbox").await?;
    window.see("[data-page=outbox]").await?;
    window.click("#sign-out").await?;
    window.see("[data-page=sign-in]").await?;
    let crossed = crossing::crossed(&window).await?;
    assert!(crossed.len() > known + 3, "only {} answers were heard", crossed.len());
    let heard = Value::from(crossed.clone()).to_string();
    assert!(heard.contains(person.uuid().as_str()), "the control: what is shown was heard");
    let secrets = Secrets::of(&setting.world, &setting.data_dir(), &setting.browser_file())?;
    assert_eq!(secrets.among(&crossed), [""; 0], "this crossed to the page");
    window.close().await
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    let (token, seed, store) = ([1_u8; 32], [2_u8; 32], [3_u8; 32]);
    let text = URL_SAFE_NO_PAD.encode(token);
    let public = SigningKey::from_bytes(&seed).verifying_key();
    let mut secrets = Secrets { salt: salt_of(&store), ..Secrets::default() };
    secrets
        .digests
        .insert(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref().to_vec(), "token");
    secrets.public_keys.insert(public.as_bytes().to_vec(), "key");
    // As the gateway knows a session's key: by the proofs that it made.
    let session = SigningKey::from_bytes(&[4; 32]);
    let proof = Proof::read(&prove(&session, "a-proof", "POST", "https://gateway.example/oauth2/token", 1)).unwrap();
    secrets.thumbprints.insert(proof.key.to_vec(), "a session's key");
    secrets.texts.push(("state", "a-state-that-was-sent".to_owned()));
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (what, bytes) in [
        ("token", token),
        ("key", seed),
        ("a session's key", session.to_bytes()),
        ("the key of the store's file", store),
    ] {
        let ways = [
            json!({ "a": { "b": [URL_SAFE_NO_PAD.encode(bytes)] } }),
            json!(format!("Bearer {}", STANDARD.encode(bytes))),
            json!(format!("xx{}yy", URL_SAFE_NO_PAD.encode(bytes))),
            json!({ hex(&bytes): 1 }),
            json!(hex(&bytes).to_uppercase()),
            json!(bytes),
            json!(STANDARD.encode(URL_SAFE_NO_PAD.encode(bytes))),
            json!(hex(URL_SAFE_NO_PAD.encode(bytes).as_bytes())),
        ];
        for way in ways {
            assert_eq!(secrets.among(std::slice::from_ref(&way)), [what], "{way}");
        }
    }
    for way in [
        json!("x a-state-that-was-sent y"),
        json!(STANDARD.encode(format!("{{\"s\": \"a-state-that-was-sent\", \"more\": \"{}\" }}", "x".repeat(30)))),
    ] {
        assert!(secrets.among(std::slice::from_ref(&way)).contains(&"state"), "{way}");
    }
    assert_eq!(secrets.among(&[json!("eyJhbGciOiJSUzI1NiJ9.e30.x")]), ["a signed token"]);
    let harmless = json!({ "uuid": "018f0000-0000-7000-8000-0000000c0001", "hash": hex(&[9; 32]), "n": [1, 2, 3] });
    assert_eq!(secrets.among(&[harmless]), [""; 0]);
}
