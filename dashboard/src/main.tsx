import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { applyTheme, theme } from "./theme.ts";

applyTheme();
theme.listen(applyTheme);

const place = document.querySelector("#app");
if (place === null) throw new Error("index.html has no #app.");
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
