import { getCollection } from 'astro:content';
import { sections } from '../site.ts';

/** The pages of the site for language models: https://llmstxt.org */
export async function GET(): Promise<Response> {
  const pages = new Map((await getCollection('docs')).map(({ id, data }) => [id, data]));
  const base = import.meta.env.BASE_URL.replace(/\/$/, '');
  const lists = sections.map(({ title, slugs }) => {
    const rows = slugs.map(
      (slug) => `- [${pages.get(slug)!.title}](${base}/${slug}.md): ${pages.get(slug)!.description}`,
    );
    return `## ${title}\n\n${rows.join('\n')}\n`;
  });
  const about = 'Small composable fetch middlewares: retries, backoff, rate limits and timeouts for fetch and ky.';
  const all = `All pages in one file: [llms-full.txt](${base}/llms-full.txt)`;
  return new Response(`# steadfetch\n\n> ${about}\n\n${all}\n\n${lists.join('\n')}`);
}
