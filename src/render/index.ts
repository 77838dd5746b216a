export { renderJson } from './render-json.ts';
export { renderMermaid } from './render-mermaid.ts';
export { plain, type Style } from './style.ts';
export { renderText, type TextOptions } from './text/render-text.ts';
export { arrivalOf } from './tools/arrival.ts';
export { accessLogLine, renderCurl } from './tools/curl.ts';
export { renderPing } from './tools/ping.ts';
export { isLastHop, renderTraceroute, type TracerouteHop } from './tools/traceroute.ts';
export { endpoint, fraction, shortName } from './words.ts';
