"""待上传 and 我的村: what is still on its way up, and when the villages were last heard from."""
