"""The project's entry point: `python thunder.py`."""

from Schoolsite.routes import create_app

app = create_app()

if __name__ == "__main__":
    app.run(debug=True)
