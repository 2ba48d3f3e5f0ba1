"""The pages and the API that both programs share: the app, its rights, its look and its parts.

A feature is a folder with a blueprint, templates, and where it needs them static files of its own:

    @pages.post("/cases/<number>/accept")
    @right("act:case.accepted")                       # right below the address, or the program does not start
    def accept(number):
        visitor.node().act(..., author_of(visitor.me()))   # refusals reach one handler, which says them in words
        say("已受理,承诺 22 个工作日。")                    # on the page that comes next
        return redirect(url_for(".case", number=number), 303)

    {% extends "base.html" %}                         {# blocks: title, width, size, main #}
    {% from "macros/forms.html" import token, error_summary, field with context %}
    {% block title %}受理{% endblock %}
    {% block main %}<h1>受理</h1>
    <form method="post">{{ token() }} ... <button class="act">受理</button></form>{% endblock %}

Times and days go through the filters ``when`` and ``day``, working days through ``due_words``, people through ``who``,
``mask_name``, ``mask_id`` and ``mask_phone``; how far something has got through ``truth``, limits through ``lamp``.
Lists for the keyboard are tables of class ``list`` whose rows carry ``data-href``.  ``data-draft`` keeps a form as it
is typed.  No page has a style or a script in it, and an address is always one of ours: the policy would block the rest.
"""
