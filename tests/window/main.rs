//! The real window, driven through WebDriver: real web view, real key store, real encrypted file, real gateway.
//!
//! Serial: one window at a time, each with its own message bus, home and data folder.
#![expect(clippy::disallowed_methods, reason = "windows live in real time")]

mod crossing;
mod hostile;
mod kiosk;
mod lockdown;
mod pages;
mod screen;
mod setting;
mod shared;
mod starting;
