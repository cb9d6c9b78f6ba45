// Renders every process in bpmn/ to docs/NAME.svg, with the viewer that operators know from Cockpit.
// With PNG=DIRECTORY in the environment a picture of each is left there too, to be looked at.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';

const require = createRequire(import.meta.url);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const viewer = fs.readFileSync(require.resolve('bpmn-js/dist/bpmn-viewer.production.min.js'), 'utf8');
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'diagrams-'));

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  userDataDir: profile,
  // Nothing here needs the network; a browser run by root needs --no-sandbox.
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  for (const file of fs.readdirSync(path.join(root, 'bpmn')).filter((name) => name.endsWith('.bpmn'))) {
    const page = await browser.newPage();
    await page.setContent('<div id="canvas" style="width:4000px;height:2000px"></div>');
    await page.addScriptTag({ content: viewer });
    const svg = await page.evaluate(async (xml) => {
      const bpmn = new window.BpmnJS({ container: '#canvas' });
      const { warnings } = await bpmn.importXML(xml);
      if (warnings.length) throw new Error(warnings.map((warning) => warning.message).join('\n'));
      return (await bpmn.saveSVG()).svg;
    }, fs.readFileSync(path.join(root, 'bpmn', file), 'utf8'));
    const name = file.replace(/\.bpmn$/, '');
    // Marker ids are random at each run; numbered ones keep the file the same until the diagram changes.
    const ids = new Map();
    const stable = svg.replace(/marker-[0-9a-z]{10,}/g, (id) => {
      if (!ids.has(id)) ids.set(id, `marker-${ids.size}`);
      return ids.get(id);
    });
    fs.writeFileSync(path.join(root, 'docs', `${name}.svg`), `${stable}\n`);
    console.log(`docs/${name}.svg`);
    if (process.env.PNG) {
      const picture = await browser.newPage();
      const [, width, height] = svg.match(/<svg[^>]* width="([\d.]+)" height="([\d.]+)"/);
      await picture.setViewport({ width: Math.ceil(width), height: Math.ceil(height) });
      await picture.setContent(`<body style="margin:0;background:white">${svg}</body>`);
      await picture.screenshot({ path: path.join(process.env.PNG, `${name}.png`) });
    }
  }
} finally {
  await browser.close();
  fs.rmSync(profile, { recursive: true, force: true });
}
