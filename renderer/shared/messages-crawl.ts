// Texts of the crawl page.
export const crawlMessages = {
  title: 'Crawl',
  close: 'Close this page',
  open: 'What the crawl is doing',
} as const;
