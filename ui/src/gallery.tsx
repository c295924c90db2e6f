// Shows one scene on a made-up desk, named after the # of the address. Only for scripts/pages.mjs.

import { createRoot } from "react-dom/client";
import { SCENES } from "./bridge/scenes";
import { App } from "./frame/app";
import "./styles/main.scss";

const root = document.getElementById("root");
const name = location.hash.slice(1);
const scene = SCENES[name];
if (root && scene) {
  Object.assign(document.documentElement.dataset, {
    press: JSON.stringify(scene.press ?? []),
    fill: JSON.stringify(scene.fill ?? {}),
    page: scene.page,
    status: scene.status ?? "",
  });
  createRoot(root).render(<App desk={scene.desk()} start={scene.start} />);
} else if (root) {
  root.textContent = JSON.stringify(Object.keys(SCENES));
}
