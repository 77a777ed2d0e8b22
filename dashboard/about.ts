import type { Route } from "./routes.ts";
import type { AboutView } from "./views.ts";

/** @returns the route by which the page finds out what there is to see */
export function aboutRoute(about: () => Promise<AboutView>): Route {
  return { method: "GET", path: "/api/about", answer: about };
}
