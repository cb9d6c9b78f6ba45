// Takes a picture of a page of the running program, logged in as admin; see script/screenshot.
import puppeteer from 'puppeteer-core';

const [base, page, selector, picture] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const tab = await browser.newPage();
  await tab.setViewport({ width: 1500, height: 1500 });
  await tab.goto(`${base}/login`);
  await tab.type('#username', 'admin');
  await tab.type('#password', process.env.MIGRATION_ADMIN_PASSWORD);
  await Promise.all([tab.waitForNavigation(), tab.click('button[type=submit]')]);
  // Camunda's pages break when one replaces another in the same session at once.
  await tab.goto('about:blank');
  await tab.goto(base + page);
  await tab.waitForSelector(selector, { visible: true, timeout: 60000 });
  await tab.screenshot({ path: picture });
} finally {
  await browser.close();
}
