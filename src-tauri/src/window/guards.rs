//! What a kiosk's windows take away from the web view: its menu, its keys, printing, files that are dropped or chosen.
//!
//! What belongs to the system, such as the Windows key, Alt+Tab and Ctrl+Alt+Del, no program can take away. Assigned
//! Access or Shell Launcher does that. Zooming stays: somebody may need it to read.

use tauri::WebviewWindow;

/// Put into every page of a window, before its own scripts: what no web view lets its program switch off.
pub const SCRIPT: &str = "
    window.print = () => {};
    for (const name of ['showOpenFilePicker', 'showSaveFilePicker', 'showDirectoryPicker']) delete window[name];
    const isFile = (event) => event.target instanceof Element && event.target.closest('input[type=file], label:has(input[type=file])');
    addEventListener('click', (event) => { if (isFile(event)) event.preventDefault(); }, true);
    // One that is not on the page sends no click past it.
    const isAimedAtFile = (node) => {
        const aim = node instanceof HTMLLabelElement ? node.control : node;
        return aim instanceof HTMLInputElement && aim.type === 'file';
    };
    for (const [of, name] of [[HTMLElement, 'click'], [HTMLInputElement, 'showPicker'], [EventTarget, 'dispatchEvent']]) {
        const was = of.prototype[name];
        if (was) of.prototype[name] = function (...given) {
            return isAimedAtFile(this) ? undefined : was.apply(this, given);
        };
    }
";

/// Puts the guards on a window.
#[cfg(target_os = "linux")]
pub fn put_on(window: &WebviewWindow) -> tauri::Result<()> {
    use gtk::prelude::WidgetExt;
    use webkit2gtk::{FileChooserRequestExt, PermissionRequestExt, SettingsExt, WebViewExt};
    window.with_webview(|webview| {
        let view = webview.inner();
        if let Some(settings) = WebViewExt::settings(&view) {
            settings.set_enable_developer_extras(false);
            settings.set_enable_back_forward_navigation_gestures(false);
        }
        view.connect_context_menu(|_, _, _, _| true);
        view.connect_print(|_, _| true);
        view.connect_run_file_chooser(|_, request| {
            request.cancel();
            true
        });
        view.connect_permission_request(|_, request| {
            request.deny();
            true
        });
        view.drag_dest_unset();
    })
}

/// Puts the guards on a window.
#[cfg(windows)]
pub fn put_on(window: &WebviewWindow) -> tauri::Result<()> {
    window.with_webview(|webview| {
        if let Err(error) = webview2::guard(&webview.controller()) {
            tracing::error!(code = error.code().0, "a guard of the kiosk could not be put on");
        }
    })
}

/// Puts the guards on a window. RA Desk is not built for this system; whoever tries it sees what is missing.
#[cfg(not(any(target_os = "linux", windows)))]
pub fn put_on(_: &WebviewWindow) -> tauri::Result<()> {
    tracing::error!("there are no guards of the kiosk on this system");
    Ok(())
}

#[cfg(windows)]
mod webview2 {
    use webview2_com::AcceleratorKeyPressedEventHandler;
    use webview2_com::Microsoft::Web::WebView2::Win32::{
        ICoreWebView2AcceleratorKeyPressedEventArgs2, ICoreWebView2Controller, ICoreWebView2Controller4,
        ICoreWebView2Settings3, ICoreWebView2Settings4, ICoreWebView2Settings6,
    };
    use windows::Win32::UI::Input::KeyboardAndMouse::{
        GetKeyState, VK_0, VK_ADD, VK_CONTROL, VK_NUMPAD0, VK_OEM_MINUS, VK_OEM_PLUS, VK_SUBTRACT,
    };
    use windows::core::{Interface, Result};

    /// The keys that zoom, with Ctrl.
    const ZOOM: [u16; 7] = [VK_0.0, VK_NUMPAD0.0, VK_ADD.0, VK_SUBTRACT.0, VK_OEM_PLUS.0, VK_OEM_MINUS.0, 0xBB];

    /// Puts them on one web view.
    #[expect(unsafe_code, reason = "WebView2 is reached by COM")]
    pub fn guard(controller: &ICoreWebView2Controller) -> Result<()> {
        // SAFETY: on the window's own thread, with interfaces that live as long as these calls.
        unsafe {
            let settings = controller.CoreWebView2()?.Settings()?;
            settings.SetAreDefaultContextMenusEnabled(false)?;
            settings.SetAreDevToolsEnabled(false)?;
            settings.SetIsStatusBarEnabled(false)?;
            // Reload, find, print, back, forward and the developer's tools go by this one.
            settings.cast::<ICoreWebView2Settings3>()?.SetAreBrowserAcceleratorKeysEnabled(false)?;
            let forms = settings.cast::<ICoreWebView2Settings4>()?;
            forms.SetIsGeneralAutofillEnabled(false)?;
            forms.SetIsPasswordAutosaveEnabled(false)?;
            settings.cast::<ICoreWebView2Settings6>()?.SetIsSwipeNavigationEnabled(false)?;
            controller.cast::<ICoreWebView2Controller4>()?.SetAllowExternalDrop(false)?;
            let mut token = 0;
            controller.add_AcceleratorKeyPressed(&zoom_stays(), &mut token)
        }
    }

    /// Gives the zoom keys back, which go with the other keys of the browser.
    fn zoom_stays() -> webview2_com::Microsoft::Web::WebView2::Win32::ICoreWebView2AcceleratorKeyPressedEventHandler {
        AcceleratorKeyPressedEventHandler::create(Box::new(|_, args| {
            let Some(args) = args else { return Ok(()) };
            let mut key = 0;
            // SAFETY: as above; the handler runs on the window's own thread.
            #[expect(unsafe_code, reason = "WebView2 is reached by COM")]
            unsafe {
                args.VirtualKey(&mut key)?;
                let with_control = GetKeyState(i32::from(VK_CONTROL.0)) < 0;
                if with_control && ZOOM.iter().any(|zoom| u32::from(*zoom) == key) {
                    args.cast::<ICoreWebView2AcceleratorKeyPressedEventArgs2>()?
                        .SetIsBrowserAcceleratorKeyEnabled(true)?;
                }
            }
            Ok(())
        }))
    }
}
