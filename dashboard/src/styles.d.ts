/** Vite makes a file of them that the page links. */
declare module "*.css";
