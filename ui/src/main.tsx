import { createRoot } from "react-dom/client";
import { tauriDesk } from "./bridge/tauri";
import { App } from "./frame/app";
import "./styles/main.scss";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App desk={tauriDesk} />);
